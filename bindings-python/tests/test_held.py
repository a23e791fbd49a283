"""What is over is let go of."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from maestro import Agent, AgentPrompt, Allow, ApprovalInfo, Conversation, Maestro, Opening, TurnEnded
from maestro.agents import Said

SESSIONS = 300


class Talk(Conversation):
    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        decision = await prompt.ask("Deploy", title="Deploy?")
        yield type(decision).__name__


class Own(Agent):
    def __init__(self) -> None:
        self.talks: weakref.WeakSet[Talk] = weakref.WeakSet()
        self.opened = 0

    async def open(self, opening: Opening) -> Conversation:
        talk = Talk()
        self.talks.add(talk)
        self.opened += 1
        return talk


async def allow(approval: ApprovalInfo) -> Allow:
    return Allow()


async def one(m: Maestro) -> None:
    session = await m.sessions.open(project="shop")
    await session.prompt("Go")
    async for event in session.events():
        if isinstance(event.data, TurnEnded):
            assert event.data.result == "Allow"
            break
    await session.close()


async def test_what_is_over_is_let_go_of(tmp_path: Path) -> None:
    own = Own()
    async with Maestro.open(agents={"own": own}, permission_handler=allow) as m:
        await m.projects.ensure("shop", path=tmp_path)
        for _ in range(SESSIONS // 10):
            await asyncio.gather(*(one(m) for _ in range(10)))
        assert own.opened == SESSIONS
        # Word that a conversation is over comes a moment after the session is closed.
        for _ in range(1000):
            gc.collect()
            if not own.talks:
                break
            await m.projects.list()
        assert not own.talks
        bridge = m._link.bridge
        assert not bridge._waiting and not bridge._called


async def test_a_call_that_is_cancelled_before_it_begins_is_answered(m: Maestro) -> None:
    bridge = m._link.bridge
    replies: list[tuple[int, str | None, str | None]] = []

    class Native:
        def take(self) -> list[Any]:
            # Both in one batch: there is no time between.
            return [(2, 7, "agent.evidence", "{}", None), (3, 7, None, None, None)]

        def reply(self, *reply: Any) -> None:
            replies.append(reply)

    native, bridge.native = bridge.native, Native()  # type: ignore[assignment]
    try:
        bridge._take()
        await asyncio.gather(*bridge._called.values(), return_exceptions=True)
        # What is done when a task ends is done by now, or after this.
        await asyncio.sleep(0)
    finally:
        bridge.native = native
    assert [(id, answer) for id, answer, _ in replies] == [(7, None)]
    assert "cancelled" in str(replies[0][2])
    assert not bridge._called
