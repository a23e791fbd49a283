"""How a session is opened, in keyword arguments of their own or as part of a task's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypedDict

from ._args import Reference


class AgentOptions(TypedDict, total=False):
    """Every one may be left out; :class:`SessionSpec` says what each means and what it is by default."""

    agent: str
    account: Reference
    model: str
    mode: str
    allow_tools: Sequence[str]
    deny_tools: Sequence[str]
    system_prompt: str
    output_schema: Mapping[str, Any]
    mcp: Mapping[str, Any] | Sequence[str]
    setting_sources: Sequence[str]
    max_thinking_tokens: int
    partial_messages: bool
    max_turn_requests: int
    budget: Decimal
    approval_timeout: timedelta
    env: Mapping[str, str]
    extra_args: Sequence[str]


class SessionOptions(AgentOptions, total=False):
    """The same, with a title."""

    title: str
