"""What a user's own code raises: the caller sees it, with its text, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from maestro import (
    Agent,
    AgentPrompt,
    ApprovalInfo,
    ApprovalRequested,
    ApprovalUpdated,
    Conversation,
    Decision,
    Failed,
    Maestro,
    MaestroError,
    Opening,
    Succeeded,
    TaskRun,
)
from maestro.agents import Said


class Twins(Agent):
    """Two exceptions of one text are still two."""

    def __init__(self) -> None:
        self.raised: list[Exception] = []

    async def open(self, opening: Opening) -> Conversation:
        if opening.spec.model:
            self.raised.append(KeyError("mood"))
            raise self.raised[-1]
        return Moody(self)


class Moody(Conversation):
    def __init__(self, agent: Twins) -> None:
        self.agent = agent

    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        if prompt.text == "fail":
            raise KeyError("mood")
        if prompt.text == "ask":
            yield type(await prompt.ask("Deploy", input={"n": 1})).__name__
            return
        yield "fine"

    async def set_mode(self, mode: str) -> None:
        self.agent.raised.append(KeyError("mood"))
        raise self.agent.raised[-1] from OSError("the cellar is flooded")


async def test_the_very_exception_is_the_cause(tmp_path: Path) -> None:
    agent = Twins()
    async with Maestro.open(agents={"moody": agent}) as m:
        await m.projects.ensure("shop", path=tmp_path)
        session = await m.sessions.open(project="shop")
        caught: list[MaestroError] = []
        for _ in range(2):
            with pytest.raises(MaestroError, match="KeyError: 'mood'") as raised:
                await m.sessions.open(project="shop", model="any")
            caught.append(raised.value)
        with pytest.raises(MaestroError, match="KeyError: 'mood'") as raised:
            await session.set_mode("any")
        caught.append(raised.value)
        assert [error.__cause__ for error in caught] == agent.raised
        assert all(one is other.__cause__ for one, other in zip(agent.raised, caught, strict=True))
        assert isinstance(agent.raised[2].__cause__, OSError)
        # The core's own errors have none, whatever their text.
        with pytest.raises(MaestroError) as raised:
            await m.projects.get("nowhere")
        assert raised.value.__cause__ is None

        ended = await (await session.prompt("fail")).wait()
        assert ended.error is not None and ended.error.message == "KeyError: 'mood'"
        assert (await (await session.prompt("hi")).wait()).result == "fine"


async def test_a_task_that_raises_fails_with_its_text_and_the_node_goes_on(tmp_path: Path) -> None:
    async def shelf(run: TaskRun) -> str:
        if run.attempt == 1:
            raise ZeroDivisionError("no shelves")
        return "found"

    async with Maestro.open(tmp_path / "maestro.db", tasks={"shelf": shelf}) as m:
        task = await m.tasks.submit(kind="shelf")
        outcome = await task.wait()
        assert isinstance(outcome, Failed) and outcome.error.message == "ZeroDivisionError: no shelves"
        assert outcome.error.exception_id is not None
        await task.retry()
        assert await task.wait() == Succeeded(summary="found")


async def test_what_a_permission_handler_raises_is_on_the_approval_and_a_person_answers(tmp_path: Path) -> None:
    async def handler(approval: ApprovalInfo) -> Decision | None:
        raise LookupError(f"no rule for {approval.tool}")

    async with Maestro.open(agents={"moody": Twins()}, permission_handler=handler) as m:
        await m.projects.ensure("shop", path=tmp_path)
        session = await m.sessions.open(project="shop")
        turn = await session.prompt("ask")
        asked = None
        async for event in session.events():
            match event.data:
                case ApprovalRequested(approval_id=id):
                    asked = id
                case ApprovalUpdated(handler_error=error) if error is not None:
                    assert error.message == "LookupError: no rule for Deploy" and error.kind == "internal"
                    break
        assert asked is not None
        waiting = await m.approvals.get(asked)
        assert waiting.state == "pending" and waiting.handler_error is not None
        assert waiting.handler_error.message == "LookupError: no rule for Deploy"
        await m.approvals.allow(asked)
        assert (await turn.wait()).result == "Allow"
        assert (await (await session.prompt("hi")).wait()).result == "fine"
