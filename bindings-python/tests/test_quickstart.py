"""The first things that anybody does."""

from __future__ import annotations

from datetime import datetime

from maestro import Maestro, Message, SessionClosed, Succeeded, TurnEnded


async def test_a_session(m: Maestro) -> None:
    session = await m.sessions.open(project="shop")
    turn = await session.prompt("Say hello")
    ended = await turn.wait()
    assert ended.result == "Hello from the shop."
    assert ended.stop_reason == "end_turn"
    info = await session.info()
    assert info.state == "idle" and info.turns == 1
    assert isinstance(info.created_at, datetime) and info.created_at.tzinfo is not None
    await session.close()
    said, types = [], []
    async for event in session.events():
        types.append(event.type)
        match event.data:
            case Message(role="assistant", blocks=[block]):
                said.append(block)
            case TurnEnded(usage=usage):
                assert usage.turns == 1
            case SessionClosed():
                assert event.seq is not None and event.cursor
    assert [block.to_json()["text"] for block in said] == ["Hello from the shop."]
    assert types[0] == "session.opened" and types[-1] == "session.closed"


async def test_a_task(m: Maestro) -> None:
    plan = await m.tasks.submit("Plan it", project="shop")
    build = await m.tasks.submit("Build it", project="shop", needs=[plan], title="Build")
    outcome = await build.wait()
    assert isinstance(outcome, Succeeded)
    assert outcome.summary == "Hello from the shop."
    types = [event.type async for event in build.events()]
    assert types[0] == "task.submitted" and types[-1] == "task.ended"
    page = await m.tasks.list(project="shop", states=["succeeded"])
    found = {task.id: task for task in page.tasks}
    assert set(found) == {plan.id, build.id}
    assert found[build.id].spec.title == "Build" and found[build.id].spec.needs == (plan.id,)
