"""The real Claude Code CLI against the scripted model runs the quickstart."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

from maestro import ClaudeCode, Maestro
from maestro.testing import ScriptedModel

REPOSITORY = Path(__file__).parents[2]


def claude_program() -> str:
    fetched = subprocess.run([REPOSITORY / "examples" / "fetch-claude.sh"], capture_output=True, text=True)
    if fetched.returncode == 3:
        pytest.skip(f"no Claude Code here: {fetched.stderr}")
    assert fetched.returncode == 0, fetched.stderr
    return fetched.stdout.strip()


def scripted_model() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    subprocess.run(["cargo", "build", "-q", "--locked", "-p", "scripted-model", "--target-dir", target], cwd=REPOSITORY, check=True)
    return target / "debug" / "scripted-model"


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"]
    return subprocess.run(["git", *identity, *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout


async def test_the_quickstart_with_the_real_claude(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("quickstart", REPOSITORY / "bindings-python" / "examples" / "quickstart.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    project, home = tmp_path / "shop", tmp_path / "home"
    project.mkdir()
    home.mkdir()
    git(project, "init", "-q", "-b", "main")
    (project / ".gitignore").write_text(".maestro.db*\n")
    git(project, "add", ".gitignore")
    git(project, "commit", "-q", "-m", "Begin")
    program = claude_program()
    async with ScriptedModel(scripted_model()) as model:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": model.url,
            "ANTHROPIC_API_KEY": "sk-fake",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        claude = ClaudeCode.at(program, env=env, inherit_env=False, config_dir=home / ".claude")
        outcome = await module.quickstart(project, claude, "Write hello.txt\nscenario: write-file")
    assert outcome.startswith("Succeeded(summary='Wrote hello.txt"), outcome
    assert (project / "hello.txt").read_text() == "hello\n"
    assert git(project, "log", "--format=%s", "-1") == "Write hello.txt\n"
    # The agent's own lines are kept beside what was made of them.
    async with Maestro.open(project / ".maestro.db", concurrency=0) as m:
        async for event in m.events.subscribe(after="beginning", types=["tool.ended"]):
            assert json.loads(event.raw or "null")["type"] == "user"
            break
