"""Conversations with agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ._args import Prompt, Reference, blocks, reference, session_spec
from ._bridge import Link
from ._options import SessionOptions
from ._types import Event, SessionInfo, SessionPage, SessionState, SessionView, TurnInfo
from .events import After, Feed, events, ids, position, views

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Turn:
    """A turn that was asked for."""

    def __init__(self, link: Link, session_id: str, id: str) -> None:
        self._link, self.session_id, self.id = link, session_id, id

    async def wait(self) -> TurnInfo:
        """Waits until it has ended. How it ended is data, also when it failed. Cancelling the wait does not stop it.

        Raises :class:`CancelledError` when the prompt was taken back before its turn began.
        """
        raw = await self._link.query("turns.wait", session_id=self.session_id, turn_id=self.id)
        return TurnInfo.from_json(raw)

    async def cancel(self) -> None:
        """Takes the prompt back while it waits, and stops the turn while it runs."""
        await self._link.command("turns.cancel", session_id=self.session_id, turn_id=self.id)

    def __repr__(self) -> str:
        return f"Turn({self.id!r})"


class Session:
    """One session, by its id. Letting go of it changes nothing about the session."""

    def __init__(self, link: Link, id: str) -> None:
        self._link, self.id = link, id

    def __repr__(self) -> str:
        return f"Session({self.id!r})"

    async def info(self) -> SessionInfo:
        """The session now."""
        return SessionInfo.from_json(await self._link.query("sessions.get", session_id=self.id))

    async def view(self) -> SessionView:
        """The session as a person sees it, with what is being written at the moment."""
        return SessionView.from_json(await self._link.query("sessions.view", session_id=self.id))

    def watch_view(self, *, keep: int | None = None) -> Feed[SessionView]:
        """The view now, and again after each change, to the session's end; ``keep`` the last so many items."""
        return views(self._link, self.id, keep)

    async def prompt(self, prompt: Prompt, *, when: Literal["queue", "steer", "interrupt"] = "queue") -> Turn:
        """Asks the agent. While a turn runs, the prompt waits for it, goes into it, or takes its place."""
        asked = await self._link.command("sessions.prompt", session_id=self.id, prompt=blocks(prompt), when=when)
        return Turn(self._link, self.id, asked["turn_id"])

    async def interrupt(self) -> None:
        """Stops the turn under way."""
        await self._link.command("sessions.interrupt", session_id=self.id)

    async def set_mode(self, mode: str) -> None:
        """Changes the permission mode, also for the session's later processes."""
        await self._link.command("sessions.set_mode", session_id=self.id, mode=mode)

    async def set_model(self, model: str) -> None:
        """Changes the model, also for the session's later processes."""
        await self._link.command("sessions.set_model", session_id=self.id, model=model)

    async def control(self, request: Any) -> Any:
        """Sends a request of the agent's own protocol and gives its answer."""
        return await self._link.command("sessions.control", session_id=self.id, request=request)

    def events(self, *, after: After = "beginning") -> Feed[Event]:
        """Everything that happens in it; ends when it is closed."""
        return events(self._link, "session", session_id=self.id, after=position(after))

    def turn(self, id: str) -> Turn:
        """One of its turns by its id, whether it exists or not."""
        return Turn(self._link, self.id, id)

    async def close(self) -> None:
        """Ends the session for good."""
        await self._link.command("sessions.close", session_id=self.id)


class Sessions:
    """Conversations with agents, outside of tasks."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def open(self, *, project: Reference, **options: Unpack[SessionOptions]) -> Session:
        """Opens a session in a project, on this node."""
        spec = {"project": reference(project), **session_spec(**options)}
        return self._session(await self._link.command("sessions.open", spec=spec))

    async def fork(self, session: Reference) -> Session:
        """Begins a session as a copy of another one, which is left as it is."""
        return self._session(await self._link.command("sessions.fork", session_id=reference(session)))

    async def adopt(self, agent_session_id: str, *, project: Reference, **options: Unpack[SessionOptions]) -> Session:
        """Makes a session of a conversation that the agent had without Maestro."""
        spec = {"project": reference(project), **session_spec(**options)}
        return self._session(await self._link.command("sessions.adopt", spec=spec, agent_session_id=agent_session_id))

    async def resume(self, session: Reference) -> Session:
        """Gives a session a process on this node. One that has a process here keeps it."""
        return self._session(await self._link.command("sessions.resume", session_id=reference(session)))

    async def get(self, session: Reference) -> Session:
        """One session. Raises :class:`NotFoundError`."""
        handle = self.handle(reference(session))
        await handle.info()
        return handle

    def handle(self, id: str) -> Session:
        """A session by its id, whether it exists or not."""
        return Session(self._link, id)

    async def list(
        self,
        *,
        states: Sequence[SessionState] = (),
        projects: Sequence[Any] = (),
        task: Reference | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> SessionPage:
        """A page of sessions, newest first: those of these states, project ids and task; at most 1000, by default 100."""
        filter = {"states": list(states), "project_ids": ids(projects), "limit": limit, "page_token": page_token}
        filter["task_id"] = None if task is None else reference(task)
        return SessionPage.from_json(await self._link.query("sessions.list", filter=filter))

    def _session(self, opened: dict[str, str]) -> Session:
        return Session(self._link, opened["session_id"])
