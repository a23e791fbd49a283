"""Runs every program: those with Claude Code with the real one, which talks to a scripted model on loopback."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from house import REPOSITORY, claude_program, git, model_program, repository

from maestro.testing import ScriptedModel


async def run(name: str, shop: Path, argument: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
    """Runs a program as a person would who has ``claude`` in the ``PATH``, and gives what it printed."""
    program = REPOSITORY / "bindings-python" / "examples" / f"{name}.py"
    env = env or {"PATH": os.environ["PATH"], "HOME": str(shop.parent)}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, program, shop, argument, stdin=pipe, stdout=pipe, env=env)
    out, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0, out.decode()
    return out.decode()


async def with_claude(name: str, shop: Path, argument: str, stdin: str = "") -> str:
    claude = Path(claude_program())
    async with ScriptedModel(model_program()) as model:
        env = model.env(shop.parent)
        env["PATH"] = f"{claude.parent}:{env['PATH']}"
        return await run(name, shop, argument, stdin, env)


async def test_quickstart_writes_a_file_and_merges_it(tmp_path: Path) -> None:
    shop = repository(tmp_path)
    out = await with_claude("quickstart", shop, "Write hello.txt\nscenario: write-file")
    assert "I will write hello.txt." in out and out.endswith("merged into main\n"), out
    assert git(shop, "show", "main:hello.txt") == "hello\n"
    assert git(shop, "log", "--format=%s", "-1") == "Write hello.txt\n"


async def test_quickstart_allows_nothing_but_writing(tmp_path: Path) -> None:
    await with_claude("quickstart", repository(tmp_path), 'Run it\nscenario: bash command="touch made.txt"')
    assert not list(tmp_path.rglob("made.txt"))


async def test_events_shows_what_is_there_and_what_happens(tmp_path: Path) -> None:
    out = await with_claude("events", repository(tmp_path), "Say hello\nscenario: hello")
    lines = out.splitlines()
    assert lines[0].endswith(" Plan"), out
    assert lines.index("succeeded Plan") < lines.index("succeeded Build"), out
    assert lines[-1] == "assistant: Hello from the scripted model.", out


async def test_approvals_asks_a_person_what_no_rule_answers(tmp_path: Path) -> None:
    prompt = 'Go\nscenario: two-tools first="touch made.txt" second="git push"'
    out = await with_claude("approvals", repository(tmp_path), prompt, "y\n")
    assert out.count("May Bash run with") == 1 and "touch made.txt" in out, out
    assert "a rule answered Bash" in out and out.endswith("Ran both.\n"), out
    assert len(list(tmp_path.rglob("made.txt"))) == 1, out


async def test_own_agent_asks_before_it_shouts(tmp_path: Path) -> None:
    shop = repository(tmp_path)
    assert await run("own_agent", shop, "one two three") == "3 words\n"
    assert await run("own_agent", shop, "one two!", "y\n") == "Shout? [y/N] 2 WORDS\n"
    assert await run("own_agent", shop, "one two!", "n\n") == "Shout? [y/N] 2 words\n"


async def test_own_task_is_let_pass_once_and_tried_again(tmp_path: Path) -> None:
    shop = repository(tmp_path)
    out = await run("own_task", shop, "start about", "y\n")
    assert out == "Publish 2 pages? [y/N] start\nabout\npublished 2 pages in attempt 2\n"
    assert await run("own_task", shop, "start", "n\n") == "Publish 1 pages? [y/N] nothing published\n"
