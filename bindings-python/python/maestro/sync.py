"""Maestro without asyncio, for scripts, Celery and Django.

Every ``async def`` is a plain call here and every ``async for`` a ``for``; names and arguments are the same::

    with maestro.sync.open("maestro.db", agents={"claude": ClaudeCode.discover()}) as m:
        shop = m.projects.ensure("shop", path="/src/shop")
        print(m.tasks.submit("Write PLAN.md", project=shop).wait())

The node works in an event loop on a thread of its own. Agents, tasks and handlers of yours are still ``async def``, and run there.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any

from ._maestro import Maestro as _Maestro
from ._wire import Record
from .events import Feed


class _Loop:
    """An event loop on a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # Not waited for by the interpreter, which ends the node itself.
        self._thread = threading.Thread(target=self._loop.run_forever, name="maestro-sync", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            # Also for Ctrl-C while it waits.
            future.cancel()
            raise

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """An object of :mod:`maestro` whose calls wait for their result. It has the same attributes."""

    def __init__(self, loop: _Loop, of: Any) -> None:
        self._loop, self._of = loop, of

    def __getattr__(self, name: str) -> Any:
        return _blocking(self._loop, getattr(self._of, name))

    def __repr__(self) -> str:
        return f"Blocking({self._of!r})"

    def __iter__(self) -> Iterator[Any]:
        if not isinstance(self._of, Feed):
            raise TypeError(f"{self._of!r} cannot be iterated")
        items = self._of.__aiter__()
        try:
            while True:
                try:
                    yield self._loop.run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            self._of.close()


async def _next(items: Any) -> Any:
    return await items.__anext__()


def _blocking(loop: _Loop, value: Any) -> Any:
    if inspect.iscoroutinefunction(value):
        return functools.partial(_call, loop, value)
    if inspect.ismethod(value):
        return lambda *args, **options: _blocking(loop, value(*args, **options))
    plain = isinstance(value, (str, int, Record, list, tuple, dict, type(None)))
    return value if plain or not type(value).__module__.startswith("maestro.") else Blocking(loop, value)


def _call(loop: _Loop, of: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **options: Any) -> Any:
    given = [arg._of if isinstance(arg, Blocking) else arg for arg in args]
    return _blocking(loop, loop.run(of(*given, **{name: _given(value) for name, value in options.items()})))


def _given(value: Any) -> Any:
    if isinstance(value, Blocking):
        return value._of
    return [_given(one) for one in value] if isinstance(value, (list, tuple)) else value


class Maestro(Blocking):
    """A node whose calls wait for their result."""

    def close(self, running: Any = "park") -> None:
        """Closes the node and ends its thread. Again, it does nothing."""
        if self._loop._loop.is_closed():
            return
        try:
            self._loop.run(self._of.close(running))
        finally:
            self._loop.stop()

    def __enter__(self) -> Maestro:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self.close()


def open(*args: Any, **options: Any) -> Maestro:
    """Starts a node as :meth:`maestro.Maestro.open` does."""
    loop = _Loop()
    try:
        return Maestro(loop, loop.run(_Maestro.open(*args, **options)._open()))
    except BaseException:
        loop.stop()
        raise


__all__ = ["Blocking", "Maestro", "open"]
