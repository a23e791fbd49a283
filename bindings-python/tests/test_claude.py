"""What the real Claude Code, with a scripted model, asks of this process: its hooks and tools."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from house import claude_program, model_program

from maestro import Allow, ClaudeCode, Deny, Hook, HookCall, Maestro, Tool, ToolEnded
from maestro.testing import ScriptedModel


def claude_code(model: ScriptedModel, home: Path, **options: Any) -> ClaudeCode:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "sk-fake",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return ClaudeCode.at(claude_program(), env=env, inherit_env=False, config_dir=home / ".claude", **options)


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
    async with ScriptedModel(model_program()) as model:
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
    async with ScriptedModel(model_program(), scenarios=[scenarios]) as model:
        tools = {"numbers": [Tool("add", add, "Adds two numbers", schema)]}
        async with Maestro.open(agents={"claude": claude_code(model, home)}, mcp_servers=tools) as m:
            await m.projects.ensure("shop", path=project)
            session = await m.sessions.open(project="shop", mcp=["numbers"], allow_tools=["mcp__numbers__add"])
            for scenario in ("add", "nothing"):
                assert (await (await session.prompt(f"Add\nscenario: {scenario}")).wait()).result == "Added."
            await session.close()
            events = [event async for event in session.events() if isinstance(event.data, ToolEnded)]
    # The agent's own lines are kept beside what was made of them.
    assert [json.loads(event.raw or "null")["type"] for event in events] == ["user", "user"]
    ended = [json.dumps(event.data.to_json()) for event in events]
    assert asked == [{"a": 2, "b": 3}, {"a": 0, "b": 3}]
    assert "sum" in ended[0] and "ValueError: nothing to add" in ended[1], ended
