"""Agents, permission handlers and tools in Python."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from maestro import (
    Agent,
    AgentPrompt,
    ApprovalRequested,
    Conversation,
    Maestro,
    NotFoundError,
    Opening,
    SessionSpec,
    ToolStarted,
    TurnEnd,
    UnsupportedError,
    Usage,
)
from maestro._types import EventData
from maestro.agents import Said


class Echo(Conversation):
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.agent_session_id = "echo-1"

    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        match prompt.text:
            case "fail":
                yield "I try."
                raise KeyError("mood")
            case "lie":
                from maestro import TaskEnded

                lie: EventData = TaskEnded()
                yield lie
            case "ask":
                decision = await prompt.ask("Deploy", title="Deploy?", input={"n": 1})
                yield f"{type(decision).__name__} {decision.to_json().get('message', '')}".strip()
            case "hang":
                try:
                    yield "I wait."
                    await asyncio.Event().wait()
                finally:
                    self.log.append("stopped")
            case text:
                yield ToolStarted(tool_call_id="1", name="Echo", title="Echo", input={"text": text})
                yield f"You said: {text}"
                yield TurnEnd(usage=Usage(output_tokens=7), cost=Decimal("0.000012"))

    async def set_mode(self, mode: str) -> None:
        self.log.append(f"mode {mode}")

    async def close(self) -> None:
        self.log.append("closed")


class EchoAgent(Agent):
    def __init__(self) -> None:
        self.log: list[str] = []

    async def open(self, opening: Opening) -> Conversation:
        assert isinstance(opening.spec, SessionSpec)
        if opening.spec.model == "none":
            raise NotFoundError("there is no such model", context={"model": "none"}) from KeyError("none")
        return Echo(self.log)


@pytest.fixture
async def echo() -> EchoAgent:
    return EchoAgent()


@pytest.fixture
async def node(tmp_path: Path, echo: EchoAgent) -> AsyncIterator[Maestro]:
    async with Maestro.open(agents={"echo": echo}) as maestro:
        await maestro.projects.ensure("shop", path=tmp_path)
        yield maestro


async def test_an_agent_answers_and_is_counted(node: Maestro, echo: EchoAgent) -> None:
    session = await node.sessions.open(project="shop", agent="echo")
    ended = await (await session.prompt("hello")).wait()
    assert ended.result == "You said: hello"
    assert ended.usage.output_tokens == 7
    info = await session.info()
    assert info.pointer.agent_session_id == "echo-1"
    await session.set_mode("plan")
    with pytest.raises(UnsupportedError, match="cannot change its model"):
        await session.set_model("big")
    await session.close()
    assert echo.log == ["mode plan", "closed"]
    calls = [event.data.name async for event in session.events() if isinstance(event.data, ToolStarted)]
    assert calls == ["Echo"]
    assert [(agent.name, agent.kind) for agent in await node.agents.list()] == [("echo", "foreign")]
    assert (await node.agents.probe("echo")).installed


async def test_an_exception_of_an_agent_reaches_the_caller(node: Maestro) -> None:
    with pytest.raises(NotFoundError, match="there is no such model") as raised:
        await node.sessions.open(project="shop", model="none")
    assert raised.value.context["model"] == "none"
    # The very exception is the cause, and what caused that.
    assert isinstance(raised.value.__cause__, NotFoundError) and isinstance(raised.value.__cause__.__cause__, KeyError)
    session = await node.sessions.open(project="shop")
    ended = await (await session.prompt("fail")).wait()
    assert ended.error is not None and ended.error.message == "KeyError: 'mood'"
    ended = await (await session.prompt("lie")).wait()
    assert ended.error is not None and "task.ended" in ended.error.message
    assert (await (await session.prompt("still here?")).wait()).result == "You said: still here?"


async def test_an_agent_asks_a_person_and_is_interrupted(node: Maestro, echo: EchoAgent) -> None:
    session = await node.sessions.open(project="shop")
    turn = await session.prompt("ask")
    async for event in session.events():
        if isinstance(event.data, ApprovalRequested) and event.data.approval_id:
            await node.approvals.deny(event.data.approval_id, "not today")
            break
    assert (await turn.wait()).result == "Deny not today"
    turn = await session.prompt("hang")
    async for event in session.events(after="beginning"):
        if event.type == "message" and event.turn_id == turn.id:
            break
    await session.interrupt()
    assert (await turn.wait()).stop_reason == "cancelled"
    assert echo.log == ["stopped"]
