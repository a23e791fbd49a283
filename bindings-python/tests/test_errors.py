"""Kinds of errors and bad input."""

from __future__ import annotations

import builtins
import json
from datetime import datetime
from pathlib import Path

import pytest

import maestro
from maestro import (
    AlreadyExistsError,
    ClosedError,
    ConflictError,
    InvalidArgumentError,
    InvalidConfigError,
    Maestro,
    MaestroError,
    NotFoundError,
    RetryPolicy,
    errors,
)
from maestro.testing import ScriptedAgent


def test_every_kind_has_a_class() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "wire" / "schema.json").read_text())
    kinds = {value["wire"] for value in schema["types"]["ErrorKind"]["values"]}
    assert kinds == set(errors._BY_KIND)
    for kind, of in errors._BY_KIND.items():
        assert getattr(maestro, of.__name__) is of
        assert of.__name__ == "".join(word.capitalize() for word in kind.split("_")) + "Error"
    assert issubclass(maestro.TimeoutError, builtins.TimeoutError)
    error = ConflictError("busy", operation="task.retry", context={"task_id": "7"})
    assert str(error) == "task.retry: busy (task_id: 7)" and not error.retryable
    assert errors.of_info(error.info()).info() == error.info()


async def test_bad_input_names_the_field(m: Maestro, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="prompt") as raised:
        await m.tasks.submit("", project="shop")
    assert raised.value.context["field"] == "prompt" and raised.value.operation
    with pytest.raises(InvalidArgumentError) as raised:
        await m.tasks.submit("x", project="shop", priority="high")  # type: ignore[arg-type]
    assert raised.value.context["field"] == "spec.priority"
    with pytest.raises(InvalidArgumentError, match=r"retry.max_attempts"):
        await m.tasks.submit("x", project="shop", retry=RetryPolicy(max_attempts=0))
    with pytest.raises(TypeError, match="agnt"):
        await m.sessions.open(project="shop", agnt="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="a handle, a record or an id"):
        await m.sessions.open(project=7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no time zone"):
        await m.tasks.submit("x", project="shop", not_before=datetime(2030, 1, 1))
    with pytest.raises(NotFoundError, match="missing"):
        await m.projects.ensure("gone", path=tmp_path / "missing")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ConflictError):
        await m.projects.ensure("shop", path=other)
    with pytest.raises(NotFoundError):
        await m.tasks.get("00000000-0000-7000-8000-000000000000")
    with pytest.raises(InvalidArgumentError) as raised:
        await m.tasks.get("nine")
    assert raised.value.context["field"] == "task_id"
    await m.tasks.submit("x", project="shop", idempotency_key="once")
    with pytest.raises(AlreadyExistsError):
        await m.tasks.submit("y", project="shop", idempotency_key="once")
    # The node goes on.
    assert [project.name for project in await m.projects.list()] == ["shop"]


async def test_a_bad_configuration_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="concurrency"):
        await Maestro.open(concurrency=-1)
    with pytest.raises(InvalidConfigError):
        await Maestro.open(tmp_path / "no" / "maestro.db")
    with pytest.raises(TypeError, match="an agent must be"):
        Maestro.open(agents={"x": object()})
    with pytest.raises(InvalidConfigError, match="needs a name"):
        await Maestro.open(agents={"": ScriptedAgent()})


async def test_a_closed_node_says_so(tmp_path: Path) -> None:
    m = await Maestro.open()
    await m.projects.ensure("shop", path=tmp_path)
    await m.close()
    with pytest.raises(ClosedError):
        await m.projects.list()
    await m.close()
    with pytest.raises(MaestroError):
        async for _ in m.events.subscribe():
            pass
