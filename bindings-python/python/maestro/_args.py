"""Keyword arguments as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from os import PathLike, fsdecode
from typing import Any, Protocol, TypeAlias

from ._types import ApprovalRequested, ContentBlock, TextBlock
from ._wire import Record, unions, write_duration, write_money, write_time

#: What is asked: a text, or blocks.
Prompt: TypeAlias = "str | ContentBlock | Sequence[ContentBlock]"
#: A thing by its handle, its record or its id; projects and accounts also by name.
Reference: TypeAlias = "str | HasId"
#: An approval by its record, its id, or the event that told of it.
ApprovalReference: TypeAlias = "str | HasId | ApprovalRequested"
#: A path of this machine.
Path: TypeAlias = "str | bytes | PathLike[str] | PathLike[bytes]"


class HasId(Protocol):
    """What has an id."""

    @property
    def id(self) -> str: ...


def reference(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    found = thing.approval_id if isinstance(thing, ApprovalRequested) else getattr(thing, "id", None)
    if not isinstance(found, str):
        raise TypeError(f"expected a handle, a record or an id, not {thing!r}")
    return found


def blocks(prompt: Prompt) -> list[dict[str, Any]]:
    if isinstance(prompt, str):
        prompt = TextBlock(text=prompt)
    given = [prompt] if isinstance(prompt, Record) else list(prompt)
    return [unions["ContentBlock"].write(block) for block in given]


def given(**args: Any) -> dict[str, Any]:
    """The arguments that were given, as JSON: none is left out."""
    return {name: plain(value) for name, value in args.items() if value is not None}


def plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, datetime):
        return write_time(value)
    if isinstance(value, Decimal):
        return write_money(value)
    if isinstance(value, (bytes, PathLike)):
        # Bytes that are no text become what the library names the field of, and refuses.
        return fsdecode(value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    return value


def session_spec(
    *,
    agent: str | None = None,
    account: Reference | None = None,
    title: str | None = None,
    model: str | None = None,
    mode: str | None = None,
    allow_tools: Sequence[str] = (),
    deny_tools: Sequence[str] = (),
    system_prompt: str | None = None,
    output_schema: Mapping[str, Any] | None = None,
    mcp: Mapping[str, Any] | Sequence[str] | None = None,
    setting_sources: Sequence[str] | None = None,
    max_thinking_tokens: int | None = None,
    partial_messages: bool | None = None,
    max_turn_requests: int | None = None,
    budget: Decimal | None = None,
    approval_timeout: timedelta | None = None,
    env: Mapping[str, str] | None = None,
    extra_args: Sequence[str] | None = None,
) -> dict[str, Any]:
    spec = given(
        agent=agent,
        title=title,
        model=model,
        mode=mode,
        system_prompt=system_prompt,
        output_schema=output_schema,
        setting_sources=setting_sources,
        max_thinking_tokens=max_thinking_tokens,
        partial_messages=partial_messages,
        max_turn_requests=max_turn_requests,
        budget_micro_usd=budget,
        approval_timeout_ms=approval_timeout,
        env=env,
        extra_args=extra_args,
    )
    if account is not None:
        spec["account"] = reference(account)
    if allow_tools or deny_tools:
        spec["tools"] = {"allow": list(allow_tools), "deny": list(deny_tools)}
    if mcp is not None:
        spec["mcp"] = dict(mcp) if isinstance(mcp, Mapping) else dict.fromkeys(mcp)
    return spec
