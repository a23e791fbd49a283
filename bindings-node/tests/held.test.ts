import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Agent, type AgentPrompt, type Conversation, type Maestro } from '@maestro/core';
import { shop, until } from './support.js';

const SESSIONS = 300;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

class Talk implements Conversation {
  async *prompt({ ask }: AgentPrompt): AsyncGenerator<string> {
    yield (await ask({ tool: 'Deploy', title: 'Deploy?' })).decision;
  }
}

async function one(maestro: Maestro): Promise<void> {
  const session = await maestro.sessions.open({ project: 'shop', agent: 'own' });
  await session.prompt('Go');
  const ended = await until(session.events(), 'turn.ended');
  assert.equal(ended.data.result, 'allow');
  await session.close();
}

test('what is over is let go of', async () => {
  let opened = 0;
  let held = 0;
  const gone = new FinalizationRegistry<void>(() => { held -= 1; });
  const own: Agent = {
    open: () => {
      const talk = new Talk();
      opened += 1;
      held += 1;
      gone.register(talk, undefined);
      return talk;
    },
  };
  await using maestro = await shop({ agents: { own }, permissionHandler: () => ({ decision: 'allow' }) });
  for (let i = 0; i < SESSIONS / 10; i++) await Promise.all(Array.from({ length: 10 }, () => one(maestro)));
  assert.equal(opened, SESSIONS);
  // Word that a conversation is over comes a moment after the session is closed, and what is gone is told of later.
  for (let i = 0; held > 0 && i < 1000; i++) {
    collect();
    await maestro.projects.list();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(held, 0);
});
