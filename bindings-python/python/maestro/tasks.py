"""Durable requests for work."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ._args import Prompt, Reference, blocks, given, reference, session_spec
from ._bridge import Link
from ._options import AgentOptions
from ._types import Changes, Event, Outcome, RetryPolicy, TaskInfo, TaskPage, TaskState, WaitingReason, When, WorkspaceInfo, WorkspaceKind
from ._wire import unions
from .events import After, Feed, events, position

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Workspace:
    """Where a task works, and the verbs that get the work out. They are refused while its agent works there."""

    def __init__(self, link: Link, task_id: str) -> None:
        self._link, self.task_id = link, task_id

    async def info(self) -> WorkspaceInfo:
        """The workspace. Raises :class:`NotFoundError` when the task has none yet."""
        return WorkspaceInfo.from_json(await self._link.query("workspaces.get", task_id=self.task_id))

    async def changes(self) -> Changes:
        """What it holds that its base does not."""
        return Changes.from_json(await self._link.query("workspaces.changes", task_id=self.task_id))

    async def diff(self) -> str:
        """The difference to its base as a unified diff, for reading: what is no UTF-8 is replaced."""
        return str(await self._link.query("workspaces.diff", task_id=self.task_id))

    async def patch(self) -> bytes:
        """The difference to its base as ``git apply`` takes it: the bytes of the files as they are."""
        return b64decode(str(await self._link.query("workspaces.patch", task_id=self.task_id)))

    async def merge(self, into: str) -> str:
        """Merges its commits into a branch of the project and gives the commit. Repeating it changes nothing."""
        return str(await self._link.command("workspaces.merge", task_id=self.task_id, into=into))

    async def remove(self) -> None:
        """Removes it when it provably holds nothing."""
        await self._link.command("workspaces.remove", task_id=self.task_id)

    async def discard(self, name: str) -> None:
        """Removes it with all the work in it. ``name`` must be the name of its branch, or else of its directory."""
        await self._link.command("workspaces.discard", task_id=self.task_id, name=name)


class Task:
    """One task, by its id. Letting go of it does nothing to the task."""

    def __init__(self, link: Link, id: str) -> None:
        self._link, self.id = link, id

    def __repr__(self) -> str:
        return f"Task({self.id!r})"

    async def info(self) -> TaskInfo:
        """The task now."""
        return TaskInfo.from_json(await self._link.query("tasks.get", task_id=self.id))

    def events(self, *, after: After = "beginning") -> Feed[Event]:
        """Its events and those of its session, to its end."""
        return events(self._link, "task", task_id=self.id, after=position(after))

    async def wait(self) -> Outcome:
        """Waits until it is over, or cannot go on without a person. Cancelling the wait never cancels the task."""
        outcome: Outcome = unions["Outcome"].read(await self._link.query("tasks.wait", task_id=self.id))
        return outcome

    async def cancel(self, reason: str = "") -> TaskInfo:
        """Calls it off."""
        return TaskInfo.from_json(await self._link.command("tasks.cancel", task_id=self.id, reason=reason))

    async def retry(self) -> TaskInfo:
        """Tries it again when it is over, in the same session and workspace."""
        return TaskInfo.from_json(await self._link.command("tasks.retry", task_id=self.id))

    async def reply(self, prompt: Prompt, *, idempotency_key: str | None = None) -> TaskInfo:
        """Says something to it when it is over or waits for a person: a new attempt begins with that as its prompt."""
        reply = given(prompt=blocks(prompt), idempotency_key=idempotency_key)
        return TaskInfo.from_json(await self._link.command("tasks.reply", task_id=self.id, reply=reply))

    async def explain(self) -> list[WaitingReason]:
        """Why it does not start."""
        return [WaitingReason.from_json(raw) for raw in await self._link.query("tasks.explain", task_id=self.id)]

    @property
    def workspace(self) -> Workspace:
        """Where it works."""
        return Workspace(self._link, self.id)


class Tasks:
    """Submit work, follow it, call it off."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def submit(
        self,
        prompt: str = "",
        *,
        kind: str = "agent",
        input: Any = None,
        project: Reference | None = None,
        needs: Sequence[Reference] = (),
        when: When | None = None,
        priority: int | None = None,
        idempotency_key: str | None = None,
        title: str | None = None,
        labels: dict[str, Any] | None = None,
        retry: RetryPolicy | int | None = None,
        deadline: timedelta | None = None,
        idle_timeout: timedelta | None = None,
        not_before: datetime | None = None,
        workspace: WorkspaceKind | None = None,
        base: str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Task:
        """Submits a task. It is durable when this returns; waiting for it is a separate call.

        A prompt is for an agent in ``project``; another ``kind`` takes ``input``. :class:`TaskSpec` says what each argument
        means, :class:`SessionSpec` what those for the agent do. ``retry`` may be just the number of attempts.
        """
        spec = given(
            kind=kind,
            prompt=prompt or None,
            input=input,
            project=None if project is None else reference(project),
            needs=[reference(need) for need in needs] or None,
            when=when,
            priority=priority,
            idempotency_key=idempotency_key,
            title=title,
            labels=labels,
            retry=RetryPolicy(max_attempts=retry) if isinstance(retry, int) else retry,
            deadline_ms=deadline,
            idle_timeout_ms=idle_timeout,
            not_before=not_before,
            workspace=workspace,
            base=base,
        )
        spec["session"] = session_spec(**options)
        return self.handle((await self._link.command("tasks.submit", spec=spec))["task_id"])

    def handle(self, id: str) -> Task:
        """A task by its id, whether it exists or not."""
        return Task(self._link, id)

    async def get(self, task: Reference) -> TaskInfo:
        """A task. Raises :class:`NotFoundError`."""
        return await self.handle(reference(task)).info()

    async def explain(self, task: Reference) -> list[WaitingReason]:
        """Why a task does not start."""
        return await self.handle(reference(task)).explain()

    async def list(
        self,
        *,
        project: Reference | None = None,
        states: Sequence[TaskState] = (),
        limit: int | None = None,
        page_token: str | None = None,
    ) -> TaskPage:
        """A page of tasks, oldest first; at most 1000, by default 100. Subscribe after ``as_of`` to miss nothing."""
        filter = {"states": list(states), "limit": limit, "page_token": page_token}
        filter["project"] = None if project is None else reference(project)
        return TaskPage.from_json(await self._link.query("tasks.list", filter=filter))

    async def cancel(self, task: Reference, reason: str = "") -> TaskInfo:
        """Calls a task off."""
        return await self.handle(reference(task)).cancel(reason)

    async def retry(self, task: Reference) -> TaskInfo:
        """Tries a task again that is over, in the same session and workspace."""
        return await self.handle(reference(task)).retry()
