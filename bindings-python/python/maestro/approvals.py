"""Questions of agents and tasks, and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ._args import ApprovalReference, Reference, given, plain, reference
from ._bridge import Link
from ._types import Allow, Answer, ApprovalInfo, ApprovalKind, ApprovalPage, ApprovalState, Decision, Deny, Effect, Remember, RuleInfo, RulePage, Ruling
from ._wire import unions
from .events import ids


class Policies:
    """Rules that answer tool calls before a person is asked: one that denies beats one that asks, that one beats one that allows."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(
        self,
        rule: str,
        effect: Effect,
        *,
        session: Reference | None = None,
        project: Reference | None = None,
        reason: str | None = None,
    ) -> RuleInfo:
        """Puts a rule such as ``Bash(git status:*)`` for a session, a project or the whole tenant."""
        spec = given(effect=effect, rule=rule, reason=reason)
        if session is not None:
            spec["session_id"] = reference(session)
        if project is not None:
            spec["project"] = reference(project)
        return RuleInfo.from_json(await self._link.command("policies.put", spec=spec))

    async def list(self, *, limit: int | None = None, page_token: str | None = None) -> RulePage:
        """A page of the tenant's rules, oldest first."""
        filter = {"limit": limit, "page_token": page_token}
        return RulePage.from_json(await self._link.query("policies.list", filter=filter))

    async def remove(self, rule: Reference) -> RuleInfo:
        """Removes a rule."""
        return RuleInfo.from_json(await self._link.command("policies.remove", rule_id=reference(rule)))

    async def test(self, tool: str, input: Any, *, session: Reference | None = None, project: Reference | None = None) -> Ruling:
        """What the rules say about a call."""
        call = {"tool": tool, "input": input}
        if session is not None:
            call["session_id"] = reference(session)
        if project is not None:
            call["project"] = reference(project)
        return Ruling.from_json(await self._link.query("policies.test", call=call))


class Approvals:
    """The first answer counts; another one, or one that comes too late, raises :class:`ConflictError`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def policies(self) -> Policies:
        """The rules that answer before a person is asked."""
        return Policies(self._link)

    async def get(self, approval: ApprovalReference) -> ApprovalInfo:
        """One approval."""
        return ApprovalInfo.from_json(await self._link.query("approvals.get", approval_id=reference(approval)))

    async def list(
        self,
        *,
        states: Sequence[ApprovalState] = ("pending",),
        projects: Sequence[Any] = (),
        session: Reference | None = None,
        task: Reference | None = None,
        kind: ApprovalKind | None = None,
        assignee: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> ApprovalPage:
        """A page of approvals, oldest first; by default those that wait. Subscribe after ``as_of`` to miss nothing."""
        filter: dict[str, Any] = {"states": list(states), "project_ids": ids(projects), "kind": kind}
        filter |= {"assignee": assignee, "limit": limit, "page_token": page_token}
        filter["session_id"] = None if session is None else reference(session)
        filter["task_id"] = None if task is None else reference(task)
        return ApprovalPage.from_json(await self._link.query("approvals.list", filter=filter))

    async def allow(self, approval: ApprovalReference, *, input: Any = None, remember: Remember = "once") -> ApprovalInfo:
        """Allows it, as asked or with another input; ``remember`` it for the session or project as rules."""
        return await self.decide(approval, Allow(input=plain(input), remember=remember))

    async def deny(self, approval: ApprovalReference, message: str = "", *, interrupt: bool = False) -> ApprovalInfo:
        """Denies it, and tells the agent why; ``interrupt`` stops the whole turn."""
        return await self.decide(approval, Deny(message=message, interrupt=interrupt))

    async def answer(self, approval: ApprovalReference, answers: Mapping[str, Any]) -> ApprovalInfo:
        """Answers a question: the answer to each question by its text; of an elicitation its fields."""
        return await self.decide(approval, Answer(answers=plain(answers)))

    async def decide(self, approval: ApprovalReference, decision: Decision) -> ApprovalInfo:
        """Gives any answer. It is durable when this returns."""
        written = unions["Decision"].write(decision)
        return ApprovalInfo.from_json(await self._link.command("approvals.decide", approval_id=reference(approval), decision=written))

    async def extend(self, approval: ApprovalReference, by: timedelta) -> ApprovalInfo:
        """Gives it at least this much more time from now on."""
        return ApprovalInfo.from_json(await self._link.command("approvals.extend", approval_id=reference(approval), by_ms=plain(by)))

    async def assign(self, approval: ApprovalReference, assignee: str | None) -> ApprovalInfo:
        """Says who is to answer; none means anybody."""
        return ApprovalInfo.from_json(await self._link.command("approvals.assign", approval_id=reference(approval), assignee=assignee))
