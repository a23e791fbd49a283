"""What the user implements, as the core calls it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import errors
from ._args import given, plain
from ._types import AgentPointer, Allow, ApprovalInfo, Decision, Deny, Message, SessionSpec, TaskInfo, TextBlock
from ._wire import Record, unions, write_event
from .agents import Agent, AgentAccount, AgentPrompt, ClaudeCode, Conversation, Hook, HookCall, Opening, TurnEnd

if TYPE_CHECKING:
    from ._bridge import Link


_log = logging.getLogger("maestro")


class TaskRun:
    """The attempt under way, for a kind of task of yours. When the task is to stop, ``asyncio.CancelledError`` is raised."""

    def __init__(self, link: Link, request: dict[str, Any]) -> None:
        self._link, self._run = link, request["run"]
        #: The task as it was when the attempt started.
        self.task = TaskInfo.from_json(request["task"])
        #: What it was given as ``input``.
        self.input: Any = self.task.spec.input
        #: The number of the attempt, from 1.
        self.attempt: int = request["attempt"]
        #: The fence of the attempt: it grows with every attempt of the task.
        self.token: int = request["token"]
        #: The variables that tell a program which attempt it works for.
        self.env: dict[str, str] = request["env"]

    async def progress(self, message: str, fraction: float | None = None) -> None:
        """Tells how far it is, 0 to 1, as a ``task.progress`` event."""
        await self._link.command("run.progress", run=self._run, message=message, fraction=fraction)

    async def emit(self, type: str, data: Any = None) -> None:
        """Records an event of your product in the task's stream; its type starts with ``x.``."""
        await self._link.command("run.emit", run=self._run, type=type, data=data)

    async def verify(self) -> None:
        """Raises :class:`LeaseLostError` when the attempt has lost its authority. Ask right before an effect outside."""
        await self._link.query("run.verify", run=self._run)

    async def gate(
        self,
        title: str,
        input: Any = None,
        *,
        key: str | None = None,
        timeout: timedelta | None = None,
        assignee: str | None = None,
    ) -> ApprovalInfo:
        """Waits until somebody lets the task pass, or not; also over restarts, by the name ``key`` (default: the title)."""
        args = given(title=title, input=input, key=key, timeout_ms=timeout, assignee=assignee)
        return ApprovalInfo.from_json(await self._link.command("run.gate", run=self._run, **args))


#: Does the work of one kind of task. What it returns is the result: an :data:`Outcome`, a text as its summary, or anything else as
#: its output. An exception is a failure, tried again when the task may be and it is ``retryable``.
TaskFunction = Callable[[TaskRun], Awaitable[Any]]
#: Answers approvals; ``None`` waits for a person. So does a question whose handler raises: what it raised is logged by the logger
#: ``maestro``, and it is the approval's ``handler_error``, and in an ``approval.updated`` event.
PermissionHandler = Callable[[ApprovalInfo], Awaitable["Decision | None"]]


@dataclass(frozen=True)
class Tool:
    """A tool that agents may use. ``schema`` is the JSON schema of its input; what ``call`` returns is shown to the agent."""

    name: str
    call: Callable[[Any], Awaitable[Any]]
    description: str = ""
    schema: Mapping[str, Any] | None = None


class Implemented:
    """Everything that the user implements for one node."""

    link: Link

    def __init__(
        self,
        agents: Mapping[str, Any],
        tasks: Mapping[str, TaskFunction],
        mcp_servers: Mapping[str, Sequence[Tool]],
        permission_handler: PermissionHandler | None,
    ) -> None:
        self._agents, self._tasks, self._permission = agents, tasks, permission_handler
        self._tools = {(server, tool.name): tool for server, of_server in mcp_servers.items() for tool in of_server}
        self._hooks: dict[str, Hook] = {}
        self._conversations: dict[int, Conversation] = {}

    def config(self, mcp_servers: Mapping[str, Sequence[Tool]]) -> dict[str, Any]:
        """The part of the configuration that says what is implemented here."""
        return {
            "agents": {name: self._agent(agent) for name, agent in self._agents.items()},
            "tasks": list(self._tasks),
            "mcp_servers": {name: [_tool(tool) for tool in of_server] for name, of_server in mcp_servers.items()},
            "permission_handler": self._permission is not None,
        }

    def _agent(self, agent: Any) -> dict[str, Any]:
        if isinstance(agent, ClaudeCode):
            return {"kind": "claude_code", **self._claude(agent)}
        if isinstance(agent, Agent):
            can = ["steer", "set_mode", "set_model", "control", "close"]
            if type(agent).evidence is not Agent.evidence:
                can.append("resume")
            return {"kind": "foreign", "can": can + ["fork"] * agent.forks}
        config = getattr(agent, "_agent_config", None)
        if config is None:
            raise TypeError(f"an agent must be a ClaudeCode, an Agent or one of maestro.testing, not {agent!r}")
        found: dict[str, Any] = config()
        return found

    def _claude(self, claude: ClaudeCode) -> dict[str, Any]:
        hooks = []
        for hook in claude.hooks:
            handler = f"hook-{len(self._hooks)}"
            self._hooks[handler] = hook
            hooks.append(given(event=hook.event, matcher=hook.matcher, timeout_ms=hook.timeout, handler=handler))
        return given(
            program=claude.program,
            config_dir=claude.config_dir,
            env=claude.env,
            inherit_env=claude.inherit_env,
            deny_env=claude.deny_env,
            extra_args=claude.extra_args,
            account=claude.account,
            login_for_tools=claude.login_for_tools,
            handshake_timeout_ms=claude.handshake_timeout,
            control_timeout_ms=claude.control_timeout,
            quiet_ms=claude.quiet,
            max_line_bytes=claude.max_line_bytes,
            hooks=hooks,
        )

    async def respond(self, id: int, name: str, request: Any) -> Any:
        return await getattr(self, f"_{name.replace('.', '_')}")(id, request)

    def over(self, id: int) -> None:
        """Nobody needs the conversation any more."""
        self._conversations.pop(id, None)

    async def _task_run(self, _id: int, request: Any) -> Any:
        returned = await self._tasks[request["kind"]](TaskRun(self.link, request))
        outcome = unions["Outcome"]
        if isinstance(returned, Record) and type(returned) in outcome.by_type:
            return {"outcome": outcome.write(returned)}
        return {"returned": plain(returned)}

    async def _permission_decide(self, _id: int, request: Any) -> Any:
        handler = self._permission
        assert handler is not None
        decision = await handler(ApprovalInfo.from_json(request["approval"]))
        return None if decision is None else unions["Decision"].write(decision)

    async def _tool_call(self, _id: int, request: Any) -> Any:
        return plain(await self._tools[request["server"], request["tool"]].call(request["input"]))

    async def _hook_call(self, _id: int, request: Any) -> Any:
        hook = HookCall(request["event"], request["input"], request["tool"], request["tool_call_id"])
        reply = await self._hooks[request["handler"]].handler(hook)
        if reply is None:
            return {"reply": "continue"}
        if isinstance(reply, Allow):
            return {"reply": "allow"}
        if isinstance(reply, Deny):
            return {"reply": "deny", "reason": reply.message}
        return {"reply": "raw", "value": plain(reply)}

    async def _fault(self, _id: int, request: Any) -> None:
        error = self.link.bridge.error(request["error"])
        _log.error("%s: %s", request["message"], error, exc_info=error.__cause__ or error)

    async def _agent_open(self, id: int, request: Any) -> Any:
        account = request["account"]
        opening = Opening(
            session_id=request["session_id"],
            spec=SessionSpec.from_json(request["spec"]),
            cwd=request["cwd"],
            resume=request["resume"] and AgentPointer.from_json(request["resume"]),
            fork=request["fork"],
            env=request["env"],
            account=account and AgentAccount(account["name"], account["credentials"], account["config_dir"]),
        )
        conversation = await self._agents[request["agent"]].open(opening)
        self._conversations[id] = conversation
        return given(agent_session_id=conversation.agent_session_id)

    async def _agent_evidence(self, _id: int, request: Any) -> Any:
        return await self._agents[request["agent"]].evidence(request["cwd"], AgentPointer.from_json(request["pointer"]))

    async def _agent_prompt(self, _id: int, request: Any) -> Any:
        id = request["conversation"]
        end = None
        said = self._conversation(id).prompt(self._prompt(request))
        async with aclosing(said) as what_it_says:  # type: ignore[type-var]
            async for event in what_it_says:
                if isinstance(event, TurnEnd):
                    end = event
                    continue
                if isinstance(event, str):
                    event = Message(message_id=str(uuid.uuid4()), role="assistant", blocks=[TextBlock(text=event)])
                await self.link.command("agent.report", conversation=id, events=[write_event(event)])
        return end.to_json() if end else None

    async def _agent_steer(self, _id: int, request: Any) -> Any:
        await self._conversation(request["conversation"]).steer(self._prompt(request))

    async def _agent_set_mode(self, _id: int, request: Any) -> Any:
        await self._conversation(request["conversation"]).set_mode(request["mode"])

    async def _agent_set_model(self, _id: int, request: Any) -> Any:
        await self._conversation(request["conversation"]).set_model(request["model"])

    async def _agent_control(self, _id: int, request: Any) -> Any:
        return plain(await self._conversation(request["conversation"]).control(request["request"]))

    async def _agent_close(self, _id: int, request: Any) -> Any:
        await self._conversation(request["conversation"]).close()

    def _conversation(self, id: int) -> Conversation:
        if id not in self._conversations:
            raise errors.ClosedError("the conversation is over")
        return self._conversations[id]

    def _prompt(self, request: Any) -> AgentPrompt:
        read = unions["ContentBlock"].read
        asked = [read(block) for block in request["prompt"]]
        return AgentPrompt(self.link, request["conversation"], request.get("turn", 0), request["text"], asked)


def _tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "schema": dict(tool.schema or {"type": "object"})}


