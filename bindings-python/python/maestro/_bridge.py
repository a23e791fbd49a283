"""Between an event loop and the native node: calls, their answers, and what Python is called for."""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import json
import os
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from . import _native, errors

atexit.register(_native.shutdown)

Respond = Callable[[int, str, Any], Awaitable[Any]]
#: How many exceptions of the user's are kept to be the cause of what they lead to.
_KEPT = 64
#: As the core says it.
_CLOSED = "the store was closed"
_ids = itertools.count(1)
#: JSON of an answer, of what the events of a batch have in common, and what each has as its ``raw``.
_Answer = tuple["str | None", "str | None", "list[str | None]"]


class Bridge:
    """One node in one event loop. Every answer that is there is taken at one wake-up of the loop."""

    def __init__(self, respond: Respond, over: Callable[[int], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self.native = _native.Host()
        self._respond, self._over = respond, over
        self._waiting: dict[int, asyncio.Future[_Answer]] = {}
        self._called: dict[int, asyncio.Task[None]] = {}
        self._raised: OrderedDict[str, BaseException] = OrderedDict()
        self._shut = False
        self._fd = self.native.fileno()
        self._loop.add_reader(self._fd, self._take)

    async def call(self, native: _native.Host, operation: str, text: str) -> tuple[int, str | None]:
        return (await self._wait(lambda id: native.submit(id, operation, text), native))[:2]

    async def batch(self, feed: int, most: int) -> list[Any] | None:
        """The next items of a feed, as JSON that was read; none at its end."""
        answer = await self._wait(lambda id: self.native.next_batch(id, feed, most), self.native)
        _, text, common, frames = answer
        if text is None:
            return None
        items: list[Any] = json.loads(text)
        if common is not None:
            shared = json.loads(common)
            items = [{**shared, **item} if "seq" in item else item for item in items]
        for item, frame in zip(items, frames):
            if frame is not None:
                item["raw"] = frame
        return items

    async def _wait(self, start: Callable[[int], None], native: _native.Host) -> tuple[int, str | None, str | None, list[str | None]]:
        if os.getpid() != self._process:
            # Says what to do instead.
            self.native.submit(0, "query", "")
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("this Maestro belongs to another event loop: open one in each, or use maestro.sync")
        if self._shut:
            raise errors.ClosedError(_CLOSED)
        id = next(_ids)
        future: asyncio.Future[_Answer] = self._loop.create_future()
        self._waiting[id] = future
        try:
            start(id)
            return id, *await future
        except asyncio.CancelledError:
            native.cancel(id)
            native.end_feed(id)
            raise
        finally:
            self._waiting.pop(id, None)

    @property
    def is_shut(self) -> bool:
        """Whether the node is closed."""
        return self._shut

    def error(self, info: Any) -> errors.MaestroError:
        """An error as the core has it, with the exception that it was as its cause."""
        return errors.of_json(json.dumps(info), self._raised)

    def shut(self) -> None:
        """Stops listening. What still waits fails as closed."""
        self._shut = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(errors.ClosedError(_CLOSED))
        for task in self._called.values():
            task.cancel()

    def _take(self) -> None:
        for what, id, text, more, frames in self.native.take():
            if what == 2:
                task = self._loop.create_task(self._answer(id, str(text), str(more)), name=f"maestro {text}")
                self._called[id] = task
                # Not in the task alone: one that is cancelled before it begins runs nothing.
                task.add_done_callback(functools.partial(self._answered, id))
            elif what == 3:
                called = self._called.get(id)
                if called is None:
                    self._over(id)
                else:
                    called.cancel()
            else:
                future = self._waiting.get(id)
                if future is not None and not future.done():
                    if what == 0:
                        future.set_result((text, more, frames))
                    else:
                        future.set_exception(errors.of_json(str(text), self._raised))

    async def _answer(self, id: int, name: str, request: str) -> None:
        """Lets the user's code answer what the core asks."""
        try:
            try:
                answer = json.dumps(await self._respond(id, name, json.loads(request)))
            finally:
                # Before the answer: after it the same id may be that of a conversation that is over.
                self._called.pop(id, None)
        except Exception as error:  # noqa: BLE001
            kept_as = str(uuid.uuid4())
            self._raised[kept_as] = error
            while len(self._raised) > _KEPT:
                self._raised.popitem(last=False)
            self.native.reply(id, None, errors.to_json(error, kept_as))
        else:
            self.native.reply(id, answer, None)

    def _answered(self, id: int, task: asyncio.Task[None]) -> None:
        self._called.pop(id, None)
        if task.cancelled():
            self.native.reply(id, None, errors.to_json(errors.CancelledError("asyncio.CancelledError")))


class Link:
    """A bridge, for one tenant and actor."""

    __slots__ = ("bridge", "native")

    def __init__(self, bridge: Bridge, native: _native.Host) -> None:
        self.bridge, self.native = bridge, native

    async def command(self, name: str, /, **args: Any) -> Any:
        text = json.dumps({"command": name, "args": args})
        return _read((await self.bridge.call(self.native, "command", text))[1])

    async def query(self, name: str, /, **args: Any) -> Any:
        text = json.dumps({"query": name, "args": args})
        return _read((await self.bridge.call(self.native, "query", text))[1])

    async def feed(self, name: str, /, **args: Any) -> int:
        text = json.dumps({"feed": name, "args": args})
        return (await self.bridge.call(self.native, "events", text))[0]

    def scoped(self, tenant: str | None, actor: str | None) -> Link:
        native, error = self.native.scoped(tenant, actor)
        if native is None:
            raise errors.of_json(str(error))
        return Link(self.bridge, native)


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
