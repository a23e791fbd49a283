"""Feeds."""

from __future__ import annotations

import asyncio
import gc

import pytest

from maestro import Event, InvalidArgumentError, Maestro, MessageDelta, NotFoundError, Other


def open_feeds(m: Maestro) -> int:
    return len(m._link.bridge._waiting)


async def test_list_then_watch_misses_nothing(m: Maestro) -> None:
    page = await m.tasks.list()
    task = await m.tasks.submit("Say hello", project="shop")
    seen = []
    async with m.events.subscribe(after=page.as_of) as events:
        async for event in events:
            seen.append(event.type)
            if event.type == "task.ended":
                break
    assert seen[0] == "task.submitted" and event.task_id == task.id


async def test_a_feed_is_resumed_by_cursor(m: Maestro) -> None:
    task = await m.tasks.submit("Say hello", project="shop")
    whole = [event async for event in task.events() if event.cursor]
    middle = whole[3]
    assert middle.cursor is not None
    rest = [event async for event in task.events(after=middle.cursor)]
    assert rest == whole[4:]
    read, cursor = await m.events.read(tasks=[task.id], limit=2)
    assert read == whole[:2]
    assert (await m.events.read(tasks=[task.id], after=cursor))[0] == whole[2:]


async def test_leaving_the_loop_ends_the_feed(m: Maestro) -> None:
    await m.events.emit("x.one", {"n": 1})
    async for event in m.events.subscribe(after="beginning", types=["x.*"]):
        match event.data:
            case Other(original_type="x.one", data={"n": 1}):
                break
    gc.collect()
    while open_feeds(m) > 0:
        await asyncio.sleep(0)
    assert open_feeds(m) == 0

    feed = m.events.subscribe()
    waiting = asyncio.create_task(_first(feed.__aiter__()))
    while open_feeds(m) == 0:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert open_feeds(m) == 0


async def _first(events: object) -> Event:
    async for event in events:  # type: ignore[attr-defined]
        return event  # type: ignore[no-any-return]
    raise AssertionError("the feed ended")


async def test_text_under_way_comes_in_pieces(m: Maestro) -> None:
    session = await m.sessions.open(project="shop")
    async with session.events() as events:
        turn = await session.prompt("Say hello")
        text = ""
        async for event in events:
            if isinstance(event.data, MessageDelta):
                assert event.seq is None and event.cursor is None
                assert event.data.offset == len(text)
                text += event.data.text
            if event.type == "turn.ended":
                break
    assert text in ("", (await turn.wait()).result)


async def test_a_view_follows_its_session(m: Maestro) -> None:
    session = await m.sessions.open(project="shop")
    views = session.watch_view(keep=10)
    async with views:
        await session.prompt("Say hello")
        async for view in views:
            if view.turns == 1 and view.turn is None and view.state == "idle":
                break
    assert "Hello from the shop." in repr(view.items)


async def test_errors_of_feeds(m: Maestro) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    with pytest.raises(NotFoundError):
        async for _ in m.tasks.handle(nobody).events():
            pass
    with pytest.raises(InvalidArgumentError) as raised:
        await m.events.read(after="made-up")
    assert raised.value.context["field"] == "cursor"
    with pytest.raises(InvalidArgumentError, match="x\\."):
        await m.events.emit("task.ended", {})
