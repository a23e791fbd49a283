"""Feeds: what happens, as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from ._bridge import Link
from ._types import Event, SessionView

T = TypeVar("T")

#: Where a feed starts: ``"beginning"``, ``"now"``, or a cursor that was read before.
After = str

#: How many events are taken at once, where as many are there.
BATCH = 512


def position(after: After) -> dict[str, str]:
    return {"at": after} if after in ("beginning", "now") else {"at": "after", "cursor": after}


class Feed(Generic[T]):
    """What a feed gives, with ``async for``. Leaving the loop ends the feed; with ``async with`` it ends with the block.

    A feed can be gone through once. To go on elsewhere, open another one after the ``cursor`` of the last event.
    """

    def __init__(self, link: Link, open: Callable[[], Coroutine[Any, Any, int]], read: Callable[[dict[str, Any]], T]) -> None:
        self._link, self._open, self._read = link, open, read
        self._feed: int | None = None
        self._over = False

    async def __aenter__(self) -> Feed[T]:
        await self._begin()
        return self

    async def __aexit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self.close()

    async def _begin(self) -> int:
        if self._feed is None:
            self._feed = await self._open()
        return self._feed

    def close(self) -> None:
        """Ends the feed. Doing it again changes nothing."""
        self._over = True
        if self._feed is not None:
            self._link.bridge.native.end_feed(self._feed)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    async def _items(self) -> AsyncIterator[T]:
        read = self._read
        try:
            feed = await self._begin()
            while not self._over:
                batch = await self._link.bridge.batch(feed, BATCH)
                if batch is None:
                    return
                for raw in batch:
                    yield read(raw)
                    if self._over:
                        return
        finally:
            self.close()


def events(link: Link, feed: str, **args: Any) -> Feed[Event]:
    return Feed(link, lambda: link.feed(feed, **args), Event.from_json)


class Events:
    """Everything that happens, as feeds."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def subscribe(
        self,
        *,
        after: After = "now",
        types: Sequence[str] = (),
        projects: Sequence[str] = (),
        sessions: Sequence[str] = (),
        tasks: Sequence[str] = (),
    ) -> Feed[Event]:
        """A feed that never ends. What is given narrows; ``types`` may end with ``*``.

        With ``"now"`` it shows what happens after the feed was entered (``async with``) or first awaited.
        """
        return events(self._link, "events", filter=_filter(types, projects, sessions, tasks), after=position(after))

    async def read(
        self,
        *,
        after: After = "beginning",
        limit: int = 100,
        types: Sequence[str] = (),
        projects: Sequence[str] = (),
        sessions: Sequence[str] = (),
        tasks: Sequence[str] = (),
    ) -> tuple[list[Event], str]:
        """Events after a position, and the cursor to read on from; at most 1000 at once."""
        filter = _filter(types, projects, sessions, tasks)
        page = await self._link.query("events.read", filter=filter, after=position(after), limit=limit)
        return [Event.from_json(raw) for raw in page["events"]], page["next"]

    async def emit(self, type: str, data: Any = None) -> None:
        """Records an event of your product; its type starts with ``x.``."""
        await self._link.command("events.emit", type=type, data=data)


def _filter(types: Sequence[str], projects: Sequence[str], sessions: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    return {"types": list(types), "project_ids": ids(projects), "session_ids": ids(sessions), "task_ids": ids(tasks)}


def ids(things: Sequence[Any]) -> list[str]:
    """Handles, records or ids as ids."""
    return [thing if isinstance(thing, str) else thing.id for thing in things]


def views(link: Link, session_id: str, keep: int | None) -> Feed[SessionView]:
    return Feed(link, lambda: link.feed("view", session_id=session_id, keep=keep), SessionView.from_json)
