"""Coding agents: Claude Code, and your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from . import errors
from ._args import Path, Reference, given, reference
from ._types import (
    AgentInfo,
    AgentPointer,
    AgentStatus,
    Allow,
    ApprovalKind,
    ApprovalOption,
    ContentBlock,
    Decision,
    Deny,
    EventData,
    Question,
    SessionSpec,
    Usage,
)

if TYPE_CHECKING:
    from ._bridge import Link

#: What an agent yields: what it reports, or a text, which is a whole message.
Said: TypeAlias = "EventData | str | TurnEnd"


@dataclass(frozen=True)
class Hook:
    """Code of yours that Claude Code asks at a point of its work, for example ``PreToolUse``.

    The handler gives ``None`` to go on, an :class:`Allow` or a :class:`Deny`, or an answer in Claude Code's own language. One that
    fails or takes longer than ``timeout`` (30 s by default) has denied.
    """

    event: str
    handler: Callable[[HookCall], Awaitable[Allow | Deny | Mapping[str, Any] | None]]
    matcher: str | None = None
    timeout: timedelta | None = None


@dataclass(frozen=True)
class HookCall:
    """What a hook is asked; ``input`` is everything that Claude Code says about it."""

    event: str
    input: Any
    tool: str | None = None
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClaudeCode:
    """The Claude Code CLI. Every question of it waits for an answer; nothing is allowed by default.

    Without a ``program`` it is looked for when Maestro opens, and the environment is read for that.
    """

    program: Path | None = None
    #: Its own directory for settings, login and transcripts.
    config_dir: Path | None = None
    #: Variables that it is given; with ``inherit_env=False`` it has no others.
    env: Mapping[str, str] = field(default_factory=dict)
    inherit_env: bool = True
    deny_env: Sequence[str] = ()
    #: Arguments added to its command line, each flag with its value: ``--flag=value``.
    extra_args: Sequence[str] = ()
    account: str | None = None
    login_for_tools: bool = False
    handshake_timeout: timedelta | None = None
    control_timeout: timedelta | None = None
    #: How long it may say nothing in a turn before it is asked whether it lives. Default 5 min.
    quiet: timedelta | None = None
    #: The longest line that is read from it. Default 64 MiB.
    max_line_bytes: int | None = None
    hooks: Sequence[Hook] = ()

    @classmethod
    def discover(cls, **options: Any) -> ClaudeCode:
        """The one that is installed here; looked for when Maestro opens."""
        return cls(**options)

    @classmethod
    def at(cls, program: Path, **options: Any) -> ClaudeCode:
        """The program at a path."""
        return cls(program=program, **options)


@dataclass(frozen=True)
class AgentAccount:
    """The account to use, with its secrets: keep them out of command lines and of all that you report."""

    name: str
    credentials: Mapping[str, str]
    config_dir: str | None = None


@dataclass(frozen=True)
class Opening:
    """A conversation to open."""

    session_id: str
    spec: SessionSpec
    #: The directory to work in.
    cwd: str
    #: The conversation to go on with; none begins one.
    resume: AgentPointer | None
    #: Whether ``resume`` is copied into a conversation of its own.
    fork: bool
    #: Variables for the agent and its tools.
    env: Mapping[str, str]
    account: AgentAccount | None


@dataclass(frozen=True, kw_only=True)
class TurnEnd:
    """How a turn ended, where that is not as usual. It is the last that an agent yields."""

    stop_reason: str = "end_turn"
    #: The agent's last text; by default that of its last message.
    result: str | None = None
    structured_output: Any = None
    usage: Usage | None = None
    cost: Decimal | None = None
    duration: timedelta | None = None

    def to_json(self) -> dict[str, Any]:
        return given(
            stop_reason=self.stop_reason,
            result=self.result,
            structured_output=self.structured_output,
            usage=self.usage,
            cost_micro_usd=self.cost,
            duration_ms=self.duration,
        )


class AgentPrompt:
    """A prompt for an agent of yours."""

    def __init__(self, link: Link, conversation: int, turn: int, text: str, blocks: Sequence[ContentBlock]) -> None:
        self._link, self._conversation = link, conversation
        #: The number of the turn in this conversation, from 1.
        self.turn = turn
        #: The text of what is asked.
        self.text = text
        #: All of what is asked.
        self.blocks = blocks

    async def ask(
        self,
        tool: str | None = None,
        *,
        title: str = "",
        input: Any = None,
        kind: ApprovalKind = "tool",
        tool_call_id: str | None = None,
        questions: Sequence[Question] = (),
        options: Sequence[ApprovalOption] = (),
        blocked_path: str | None = None,
        agent_id: str | None = None,
    ) -> Decision:
        """Asks a person, and waits for the answer. Cancelling the wait takes the question back."""
        from ._wire import unions

        approval = given(
            tool=tool,
            title=title,
            input=input,
            kind=kind,
            tool_call_id=tool_call_id,
            questions=questions,
            options=options,
            blocked_path=blocked_path,
            agent_id=agent_id,
        )
        answer = await self._link.command("agent.ask", conversation=self._conversation, approval=approval)
        decision: Decision = unions["Decision"].read(answer)
        return decision


class Conversation(ABC):
    """A conversation with an agent of yours. Beside ``prompt``, override what the agent can do."""

    #: The agent's own id of the conversation, where it has one.
    agent_session_id: str | None = None

    @abstractmethod
    def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        """Answers a prompt: an async generator of what happens. An exception ends the turn as failed, with its text.

        When the turn is interrupted, ``asyncio.CancelledError`` is raised in it.
        """

    async def steer(self, prompt: AgentPrompt) -> None:
        """Takes a prompt into the turn under way."""
        raise errors.UnsupportedError("this agent cannot be steered")

    async def set_mode(self, mode: str) -> None:
        """Changes the permission mode."""
        raise errors.UnsupportedError("this agent cannot change its mode")

    async def set_model(self, model: str) -> None:
        """Changes the model."""
        raise errors.UnsupportedError("this agent cannot change its model")

    async def control(self, request: Any) -> Any:
        """Answers a request of the agent's own protocol."""
        raise errors.UnsupportedError("this agent cannot be controlled")

    async def close(self) -> None:
        """Cleans up."""


class Agent(ABC):
    """An agent of yours. Override ``evidence`` too when it can go on in conversations that it had."""

    #: Whether it can copy a conversation.
    forks: bool = False

    @abstractmethod
    async def open(self, opening: Opening) -> Conversation:
        """Opens or resumes a conversation; :class:`NotFoundError` when there is none to resume."""

    async def evidence(self, cwd: str, pointer: AgentPointer) -> Literal["holds", "behind", "missing", "unknown"]:
        """Looks, without starting anything, whether its memory holds what Maestro has seen."""
        return "missing"


class Agents:
    """Which agents this node can run, and what is known of them."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list(self) -> list[AgentInfo]:
        """The agents of this node, by name."""
        return [AgentInfo.from_json(raw) for raw in await self._link.query("agents.list")]

    async def probe(self, agent: str, *, account: Reference | None = None) -> AgentStatus:
        """Looks at an agent: installed, version, login, models, modes, commands. What is wrong is its ``problem``."""
        account = None if account is None else reference(account)
        return AgentStatus.from_json(await self._link.query("agents.probe", agent=agent, account=account))


__all__ = ["Agent", "AgentAccount", "AgentPrompt", "Agents", "ClaudeCode", "Conversation", "Hook", "HookCall", "Opening", "Said", "TurnEnd"]
