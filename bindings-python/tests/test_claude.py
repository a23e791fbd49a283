"""The real Claude Code CLI against the scripted model runs the quickstart."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from maestro import Allow, ClaudeCode, Deny, Hook, HookCall, Maestro, Tool, ToolEnded
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


def claude_code(model: ScriptedModel, home: Path, **options: Any) -> ClaudeCode:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "sk-fake",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return ClaudeCode.at(claude_program(), env=env, inherit_env=False, config_dir=home / ".claude", **options)


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
    async with ScriptedModel(scripted_model()) as model:
        claude = claude_code(model, home)
        outcome = await module.quickstart(project, claude, "Write hello.txt\nscenario: write-file")
    assert outcome.startswith("Succeeded(summary='Wrote hello.txt"), outcome
    assert (project / "hello.txt").read_text() == "hello\n"
    assert git(project, "log", "--format=%s", "-1") == "Write hello.txt\n"


async def test_hooks_of_this_process_answer_or_deny(tmp_path: Path) -> None:
    called: list[HookCall] = []

    async def strict(call: HookCall) -> Allow | Deny | None:
        called.append(call)
        command = call.input["tool_input"]["command"]
        if "fail" in command:
            raise PermissionError("the hook is out of order")
        return Deny(message="nothing is made here") if "made" in command else Allow()

    home, project = tmp_path / "home", tmp_path / "shop"
    home.mkdir()
    project.mkdir()
    async with ScriptedModel(scripted_model()) as model:
        claude = claude_code(model, home, hooks=[Hook("PreToolUse", strict, matcher="Bash")])
        async with Maestro.open(agents={"claude": claude}) as m:
            await m.projects.ensure("shop", path=project)
            session = await m.sessions.open(project="shop")
            for command in ("touch fine.txt", "touch made.txt", "touch fail.txt"):
                await (await session.prompt(f'Run it\nscenario: bash command="{command}"')).wait()
            await session.close()
            ended = [event.data async for event in session.events() if isinstance(event.data, ToolEnded)]
    assert [(call.event, call.tool) for call in called] == [("PreToolUse", "Bash")] * 3
    assert all(call.tool_call_id for call in called)
    assert (project / "fine.txt").exists()
    assert not (project / "made.txt").exists() and not (project / "fail.txt").exists()
    told = [json.dumps(end.to_json()) for end in ended]
    assert "nothing is made here" in told[1] and "PermissionError: the hook is out of order" in told[2], told


async def test_tools_of_this_process_are_called_and_tell_what_they_raise(tmp_path: Path) -> None:
    asked: list[Any] = []

    async def add(input: Any) -> Any:
        asked.append(input)
        if input["a"] == 0:
            raise ValueError("nothing to add")
        return {"sum": input["a"] + input["b"]}

    schema = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}}
    home, project, scenarios = tmp_path / "home", tmp_path / "shop", tmp_path / "scenarios"
    for directory in (home, project, scenarios):
        directory.mkdir()
    for name, a in (("add", 2), ("nothing", 0)):
        call = f'[[steps]]\nblocks = [{{ tool = "mcp__numbers__add", input = {{ a = {a}, b = 3 }} }}]\n'
        (scenarios / f"{name}.toml").write_text(f'name = "{name}"\nabout = "Adds."\n{call}[[steps]]\nblocks = [{{ text = "Added." }}]\n')
    async with ScriptedModel(scripted_model(), scenarios=[scenarios]) as model:
        tools = {"numbers": [Tool("add", add, "Adds two numbers", schema)]}
        async with Maestro.open(agents={"claude": claude_code(model, home)}, mcp_servers=tools) as m:
            await m.projects.ensure("shop", path=project)
            session = await m.sessions.open(project="shop", mcp=["numbers"], allow_tools=["mcp__numbers__add"])
            for scenario in ("add", "nothing"):
                assert (await (await session.prompt(f"Add\nscenario: {scenario}")).wait()).result == "Added."
            await session.close()
            ended = [json.dumps(event.data.to_json()) async for event in session.events() if isinstance(event.data, ToolEnded)]
    assert asked == [{"a": 2, "b": 3}, {"a": 0, "b": 3}]
    assert "sum" in ended[0] and "ValueError: nothing to add" in ended[1], ended
