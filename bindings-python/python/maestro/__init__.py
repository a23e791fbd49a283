"""Run many coding agents at once: sessions, tasks, approvals and worktrees that survive crashes.

Everything starts at :class:`Maestro`::

    async with Maestro.open("maestro.db", agents={"claude": ClaudeCode.discover()}) as m:
        shop = await m.projects.ensure("shop", path="/src/shop")
        task = await m.tasks.submit("Write PLAN.md for dark mode", project=shop)
        print((await task.wait()).summary)
"""

from . import _types, errors
from ._foreign import PermissionHandler, TaskFunction, TaskRun, Tool
from ._maestro import Maestro, NodeIdentity, Running
from ._types import *
from ._wire import Other, Record, Unknown
from .accounts import Accounts
from .agents import Agent, AgentAccount, AgentPrompt, Agents, ClaudeCode, Conversation, Hook, HookCall, Opening, TurnEnd
from .approvals import Approvals, Policies
from .content import join_text
from .errors import (
    AlreadyExistsError,
    CancelledError,
    ClosedError,
    ConflictError,
    InternalError,
    InvalidArgumentError,
    InvalidConfigError,
    LeaseLostError,
    MaestroError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ResourceExhaustedError,
    TimeoutError,
    UnavailableError,
    UnsupportedError,
)
from .events import Events, Feed
from .projects import Projects
from .sessions import Session, Sessions, Turn
from .tasks import Task, Tasks, Workspace

__all__ = [
    "Accounts", "Agent", "AgentAccount", "AgentPrompt", "Agents", "AlreadyExistsError", "Approvals", "CancelledError",
    "ClaudeCode", "ClosedError", "ConflictError", "Conversation", "Events", "Feed", "Hook", "HookCall", "InternalError",
    "InvalidArgumentError", "InvalidConfigError", "LeaseLostError", "Maestro", "MaestroError", "NodeIdentity", "NotFoundError", "Opening",
    "Other", "PermissionDeniedError", "PermissionHandler", "Policies", "Projects", "ProtocolError", "Record",
    "ResourceExhaustedError", "Running", "Session", "Sessions", "Task", "TaskFunction", "TaskRun", "Tasks", "TimeoutError",
    "Tool", "Turn", "TurnEnd", "UnavailableError", "Unknown", "UnsupportedError", "Workspace", "_types", "errors", "join_text",
]  # fmt: skip
__all__ += _types.__all__
