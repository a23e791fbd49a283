"""A person at the board in a real browser, and the real Claude Code that talks to a scripted model."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from house import REPOSITORY, chromium_program, claude_program, git, model_program, repository
from playwright.async_api import Page, async_playwright, expect
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from maestro import ClaudeCode, Maestro
from maestro.testing import AskStep, HangStep, ScriptedAgent, ScriptedModel, Step

# It needs no network but loopback, and runs as whoever runs the tests.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
#: In milliseconds; after that a test has failed.
LONG = 600_000
#: Keeps every text that a task shows on the page.
WATCH = """() => {
  window.shown = [];
  new MutationObserver(() => {
    const text = document.querySelector('#tasks pre')?.textContent ?? '';
    if (text !== window.shown.at(-1)) window.shown.push(text);
  }).observe(document.querySelector('#tasks'), { childList: true, subtree: true, characterData: true });
}"""


def program() -> Any:
    spec = util.spec_from_file_location("board", REPOSITORY / "bindings-python" / "examples" / "board.py")
    assert spec is not None and spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def served(m: Maestro, port: int = 0) -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(program().board(m, "shop"), log_level="warning", timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        listening.close()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    chromium = chromium_program()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(tmp_path / "profile", executable_path=chromium, headless=True, args=FLAGS)
        # What a test waits for comes; how fast is not what it is about.
        context.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        yield context.pages[0]
        await context.close()


async def test_a_person_allows_and_merges_what_the_real_claude_does(page: Page, tmp_path: Path) -> None:
    shop = repository(tmp_path)
    async with ScriptedModel(model_program(), scenarios=[REPOSITORY / "examples" / "board" / "scenario.toml"]) as model:
        claude = ClaudeCode.at(claude_program(), env=model.env(tmp_path), inherit_env=False)
        async with Maestro.open(tmp_path / "shop.db", agents={"claude": claude}, worktrees=tmp_path / "worktrees") as m:
            await m.projects.ensure("shop", path=shop)
            async with served(m) as port:
                await page.goto(f"http://127.0.0.1:{port}/")
                await page.evaluate(WATCH)
                await page.get_by_placeholder("What is to be done?").fill("<b>Plan</b> it\nscenario: board")
                await page.get_by_role("button", name="Submit").click()
                question = page.locator("#approvals li")
                await expect(question).to_contain_text("plan.html")

                # The text came piece by piece, each with all of what was there before.
                shown: list[str] = await page.evaluate("window.shown")
                said = [text for text in shown if text]
                assert len(said) > 5, shown
                assert all(later.startswith(sooner) for sooner, later in zip(said, said[1:], strict=False)), shown

                # A page that is loaded anew shows the same.
                await page.reload()
                await expect(question).to_contain_text("plan.html")
                await expect(page.locator("#tasks pre")).to_contain_text("until all of them are there.")
                await expect(page.locator("#tasks code")).to_have_text("running")

            # While the board is away a task is submitted; when it is back the page shows it, and nothing twice.
            await expect(page.locator("#link")).to_have_text("connecting")
            missed = await m.tasks.submit("Missed <i>this</i>\nscenario: hello", project="shop", title="Missed <i>this</i>")
            await missed.wait()
            async with served(m, port):
                await expect(page.locator("#link")).to_have_text("live")
                await expect(page.locator("#tasks li")).to_have_count(2)
                await expect(page.locator("#tasks li", has_text="Missed <i>this</i>")).to_contain_text("succeeded")

                await question.get_by_role("button", name="Allow").click()
                task = page.locator("#tasks li", has_text="<b>Plan</b>")
                await expect(task.locator("code")).to_have_text("succeeded")
                await expect(question).to_have_count(0)
                await task.get_by_role("button", name="Merge").click()
                await expect(task).to_contain_text("merged into main")
                assert git(shop, "show", "main:plan.html") == "<script>window.hacked = 2</script>\n"

                await page.reload()
                await expect(task).to_contain_text("merged into main")
                # What agents and people wrote stands there as text.
                assert await page.evaluate("window.hacked") is None
                assert await page.locator("#tasks b, #tasks i, #tasks img, #tasks script").count() == 0


async def test_questions_cancelling_and_what_is_refused(page: Page, tmp_path: Path) -> None:
    scripts: dict[str, list[Step | str]] = {"ask": [AskStep(question="Which colour?", choices=["<i>Red</i>", "Blue"]), "Painted."], "hang": [HangStep()]}
    async with Maestro.open(agents={"claude": ScriptedAgent(scripts=scripts)}, worktrees=tmp_path / "worktrees") as m:
        await m.projects.ensure("shop", path=repository(tmp_path))
        painting = await m.tasks.submit("Paint\nscenario: ask", project="shop")
        await m.tasks.submit("Wait\nscenario: hang", project="shop")
        async with served(m) as port:
            await page.goto(f"http://127.0.0.1:{port}/")
            await page.get_by_role("button", name="<i>Red</i>").click()
            await painting.wait()
            await expect(page.locator("#approvals li")).to_have_count(0)
            waiting = page.locator("#tasks li", has_text="Wait")
            await waiting.get_by_role("button", name="Cancel").click()
            await expect(waiting.locator("code")).to_have_text("cancelled")
            await expect(waiting).to_contain_text("from the board")
            # What cannot be done is said, and the page goes on.
            await page.evaluate("document.querySelector('#submit textarea').required = false")
            await page.get_by_role("button", name="Submit").click()
            await expect(page.locator("#error")).to_contain_text("`prompt`")


async def test_a_page_of_another_site_gets_nothing(tmp_path: Path) -> None:
    async with Maestro.open(agents={"claude": ScriptedAgent()}) as m:
        await m.projects.ensure("shop", path=tmp_path)
        async with served(m) as port:
            address = f"ws://127.0.0.1:{port}/feed"
            for headers in ({"Origin": "http://example.invalid"}, {}, {"Host": "example.invalid", "Origin": "http://example.invalid"}):
                with pytest.raises(InvalidStatus):
                    await connect(address, additional_headers=headers)
            async with connect(address, origin=f"http://127.0.0.1:{port}") as feed:  # type: ignore[arg-type]
                assert '"tasks"' in str(await feed.recv())
