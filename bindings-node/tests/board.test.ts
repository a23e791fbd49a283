// A person at the board in a real browser, and the real Claude Code that talks to a scripted model.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chromium, type Locator, type Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { ClaudeCode, Maestro } from '@maestro/core';
import { ScriptedAgent, ScriptedModel } from '@maestro/core/testing';
import { serve } from '../examples/board.js';
import { directory, fetched, git, modelProgram, repository, root } from './support.js';

// It needs no network but loopback, and runs as whoever runs the tests.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Keeps every text that a task shows on the page. */
const WATCH = `
  window.shown = [];
  new MutationObserver(() => {
    const text = document.querySelector('#tasks pre')?.textContent ?? '';
    if (text !== window.shown.at(-1)) window.shown.push(text);
  }).observe(document.querySelector('#tasks'), { childList: true, subtree: true, characterData: true });`;

const browser = fetched('fetch-chromium.sh');
const claude = fetched('fetch-claude.sh');

async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
  const context = await chromium.launchPersistentContext(directory(), { executablePath: browser.program, headless: true, args: FLAGS });
  // What a test waits for comes; how fast is not what it is about.
  context.setDefaultTimeout(600_000);
  try {
    await use(context.pages()[0]!);
  } finally {
    await context.close();
  }
}

const shows = (within: Locator, text: string): Promise<void> => within.filter({ hasText: text }).first().waitFor();
const gone = (what: Locator): Promise<void> => what.first().waitFor({ state: 'detached' });

describe('the board in a browser', { skip: browser.skip }, () => {
  test('a person allows and merges what the real Claude Code does', { skip: claude.skip }, async () => withPage(async (page) => {
    const path = repository();
    await using model = await ScriptedModel.start(modelProgram(), { scenarios: [join(root, 'examples/board/scenario.toml')] });
    const agent = ClaudeCode.at(claude.program, { env: model.env(directory()), inheritEnv: false });
    await using maestro = await Maestro.open({ storage: `${path}.db`, agents: { claude: agent }, worktrees: `${path}.worktrees` });
    await maestro.projects.ensure('shop', { path });
    const first = await serve(maestro, 'shop');
    await page.goto(`http://127.0.0.1:${first.port}/`);
    await page.evaluate(WATCH);
    await page.getByPlaceholder('What is to be done?').fill('<b>Plan</b> it\nscenario: board');
    await page.getByRole('button', { name: 'Submit' }).click();
    const question = page.locator('#approvals li');
    const task = page.locator('#tasks li', { hasText: '<b>Plan</b>' });
    await shows(question, 'plan.html');

    // The text came piece by piece, each with all of what was there before.
    const said = (await page.evaluate<string[]>('window.shown')).filter(Boolean);
    assert.ok(said.length > 5, JSON.stringify(said));
    said.slice(1).forEach((later, at) => assert.ok(later.startsWith(said[at]!), JSON.stringify(said)));

    // A page that is loaded anew shows the same.
    await page.reload();
    await shows(question, 'plan.html');
    await shows(task.locator('pre'), 'until all of them are there.');
    await shows(task.locator('code'), 'running');

    // While the board is away a task is submitted; when it is back the page shows it, and nothing twice.
    await first.close();
    await shows(page.locator('#link'), 'connecting');
    await (await maestro.tasks.submit('scenario: hello', { project: 'shop', title: 'Missed <i>this</i> \u202etxt' })).wait();
    const second = await serve(maestro, 'shop', first.port);
    try {
      await shows(page.locator('#link'), 'live');
      await shows(page.locator('#tasks li', { hasText: 'Missed <i>this</i> \\u{202e}txt' }), 'succeeded');
      assert.equal(await page.locator('#tasks li').count(), 2);

      await question.getByRole('button', { name: 'Allow' }).click();
      await shows(task.locator('code'), 'succeeded');
      await gone(question);
      await task.getByRole('button', { name: 'Merge' }).click();
      await shows(task, 'merged into main');
      assert.equal(git(path, 'show', 'main:plan.html'), '<script>window.hacked = 2</script>\n');

      await page.reload();
      await shows(task, 'merged into main');
      // What agents and people wrote stands there as text.
      assert.equal(await page.evaluate('window.hacked'), undefined);
      assert.equal(await page.locator('#tasks b, #tasks i, #tasks img, #tasks script').count(), 0);
    } finally {
      await second.close();
    }
  }));

  test('questions, cancelling, and what is refused', async () => withPage(async (page) => {
    const scripts = { ask: [{ do: 'ask', question: 'Which colour?', choices: ['<i>Red</i>', 'Blue'] } as const, 'Painted.'], hang: [{ do: 'hang' } as const] };
    await using maestro = await Maestro.open({ agents: { claude: new ScriptedAgent({ scripts }) }, worktrees: directory() });
    await maestro.projects.ensure('shop', { path: repository() });
    const painting = await maestro.tasks.submit('Paint\nscenario: ask', { project: 'shop' });
    await maestro.tasks.submit('Wait\nscenario: hang', { project: 'shop' });
    const board = await serve(maestro, 'shop');
    try {
      await page.goto(`http://127.0.0.1:${board.port}/`);
      await page.getByRole('button', { name: '<i>Red</i>' }).click();
      await painting.wait();
      await gone(page.locator('#approvals li'));
      const waiting = page.locator('#tasks li', { hasText: 'Wait' });
      await waiting.getByRole('button', { name: 'Cancel' }).click();
      await shows(waiting.locator('code'), 'cancelled');
      await shows(waiting, 'from the board');
      // What cannot be done is said, and the page goes on.
      await page.evaluate("document.querySelector('#submit textarea').required = false");
      await page.getByRole('button', { name: 'Submit' }).click();
      await shows(page.locator('#error'), '`prompt`');
    } finally {
      await board.close();
    }
  }));
});

test('a page of another site gets nothing', async () => {
  await using maestro = await Maestro.open({ agents: { claude: new ScriptedAgent() } });
  await maestro.projects.ensure('shop', { path: directory() });
  const board = await serve(maestro, 'shop');
  try {
    const address = `ws://127.0.0.1:${board.port}/feed`;
    for (const headers of [{ Origin: 'http://example.invalid' }, {}, { Host: 'example.invalid', Origin: 'http://example.invalid' }]) {
      const [error] = await once(new WebSocket(address, { headers }), 'error');
      assert.match(String(error), /401/);
    }
    const [feed] = [new WebSocket(address, { origin: `http://127.0.0.1:${board.port}` })];
    assert.match(String((await once(feed, 'message'))[0]), /"tasks"/);
    feed.close();
  } finally {
    await board.close();
  }
});
