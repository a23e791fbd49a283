"""The object that users hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from types import TracebackType
from typing import Any, Literal, NamedTuple

from ._args import Path, given
from ._bridge import Bridge, Link
from ._foreign import Implemented, PermissionHandler, TaskFunction, Tool
from ._types import Actor
from .accounts import Accounts
from .agents import Agents
from .approvals import Approvals
from .events import Events
from .projects import Projects
from .sessions import Sessions
from .tasks import Tasks

#: What happens to running work when a node is closed: the next node goes on with it, or it is waited for.
Running = Literal["park", "wait"]


class NodeIdentity(NamedTuple):
    """Which node it is."""

    #: New at every start.
    id: str
    #: The version of Maestro.
    version: str


class Maestro:
    """One node: everything that a product does with Maestro starts here. It belongs to the event loop that it was opened in."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.projects = Projects(link)
        self.agents = Agents(link)
        self.accounts = Accounts(link)
        self.tasks = Tasks(link)
        self.sessions = Sessions(link)
        self.approvals = Approvals(link)
        self.events = Events(link)

    @staticmethod
    def open(
        storage: Path = ":memory:",
        *,
        agents: Mapping[str, Any] | None = None,
        tasks: Mapping[str, TaskFunction] | None = None,
        mcp_servers: Mapping[str, Sequence[Tool]] | None = None,
        permission_handler: PermissionHandler | None = None,
        concurrency: int | None = None,
        warm_sessions: int | None | Literal["default"] = "default",
        starts_at_once: int | None = None,
        worktrees: Path | None = None,
        state_directory: Path | None = None,
        place: str | None = None,
        relaxed: bool = False,
        readers: int | None = None,
        grants_last: timedelta | None = None,
        lease_ttl: timedelta | None = None,
        sweep_every: timedelta | None = None,
        cancel_grace: timedelta | None = None,
    ) -> Opening:
        """Starts a node: ``async with Maestro.open(…) as m``, or ``m = await Maestro.open(…)`` with a ``close`` of your own.

        :param storage: a SQLite file, or ``:memory:``, which nothing outlives.
        :param agents: by name: :class:`ClaudeCode`, an :class:`Agent` of yours, or one of :mod:`maestro.testing`.
        :param tasks: kinds of tasks: an ``async def`` each, which takes a :class:`TaskRun`.
        :param mcp_servers: tool servers of this process by name, which sessions may use that name them in ``mcp``.
        :param permission_handler: answers approvals without a person where it wants to.
        :param concurrency: how many tasks run here at once. Default 4; 0 only submits and watches.
        :param warm_sessions: how many sessions may keep an idle process of their agent; ``None`` sets no limit.
        :param starts_at_once: how many agents may start at once.
        :param worktrees: where git worktrees are made. Default: a directory for temporary files, so name your own.
        :param state_directory: where nodes keep what finds processes after a kill. Default: beside the store.
        :param place: which place this node is at; nodes of one place see the same files. Default: kept beside the store.
        :param relaxed: whether the latest changes may be lost when the machine crashes.
        :param readers: how many threads read. Default 4.
        :param grants_last: how long an answer that came too late waits for its question. Default 24 h.
        :param lease_ttl: how long leases last. Default 30 s.
        :param sweep_every: how often everything that may be stuck is looked at. Default 5 s.
        :param cancel_grace: how long a task may take to stop. Default 15 s.
        """
        mcp_servers = mcp_servers or {}
        implemented = Implemented(agents or {}, tasks or {}, mcp_servers, permission_handler)
        path = storage.__fspath__() if isinstance(storage, PathLike) else storage
        kept = {"kind": "memory"} if path == ":memory:" else given(kind="sqlite", path=path, relaxed=relaxed, readers=readers)
        config = given(
            storage=kept,
            concurrency=concurrency,
            starts_at_once=starts_at_once,
            worktrees=worktrees,
            state_directory=state_directory,
            place=place,
            grants_last_ms=grants_last,
            lease_ttl_ms=lease_ttl,
            sweep_every_ms=sweep_every,
            cancel_grace_ms=cancel_grace,
        )
        if warm_sessions != "default":
            config["warm_sessions"] = warm_sessions
        return Opening(implemented, json.dumps({**config, **implemented.config(mcp_servers)}))

    def scoped(self, *, tenant: str | None = None, actor: Actor | None = None) -> Maestro:
        """The same node, confined to a tenant and acting as somebody; what is not given stays as it is. It only narrows:
        another tenant, or another actor, than a handle is confined to already is a `PermissionDeniedError`."""
        return Maestro(self._link.scoped(tenant, None if actor is None else json.dumps(actor.to_json())))

    async def node(self) -> NodeIdentity:
        """This node's incarnation, and the version of Maestro."""
        node = await self._link.query("node.get")
        return NodeIdentity(node["node_id"], node["version"])

    async def close(self, running: Running = "park") -> None:
        """Takes nothing new, lets running work end as ``running`` says, and gives the leases back. Again, it does nothing."""
        bridge = self._link.bridge
        if bridge.is_shut:
            return
        try:
            await bridge.call(self._link.native, "close", running)
        except asyncio.CancelledError:
            # It goes on closing; called again, this waits for the rest.
            raise
        except BaseException:
            bridge.shut()
            raise
        bridge.shut()


class Opening:
    """A node that is about to start."""

    def __init__(self, implemented: Implemented, config: str) -> None:
        self._implemented, self._config = implemented, config
        self._opened: Maestro | None = None

    async def _open(self) -> Maestro:
        bridge = Bridge(self._implemented.respond, self._implemented.over)
        link = self._implemented.link = Link(bridge, bridge.native)
        try:
            await bridge.call(bridge.native, "open", self._config)
        except BaseException:
            bridge.shut()
            raise
        return Maestro(link)

    def __await__(self) -> Generator[Any, None, Maestro]:
        return self._open().__await__()

    async def __aenter__(self) -> Maestro:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        if self._opened is not None:
            await self._opened.close()
