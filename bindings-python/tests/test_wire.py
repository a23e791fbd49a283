"""The examples of ``docs/wire``, which every language reads and writes again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import maestro
from maestro import Event, Other, Record, Unknown
from maestro._wire import events, unions

WIRE = Path(__file__).parents[2] / "docs" / "wire"
EXAMPLES = sorted(WIRE.glob("records/*.json")) + sorted(WIRE.glob("events/*.json"))


def again(value: Any) -> Any:
    """The same value, made anew of what its fields give."""
    if isinstance(value, Record) and not isinstance(value, Unknown):
        fields = {name: again(getattr(value, name)) for name in value._fields}
        made = type(value)(**fields)
        if isinstance(value, Event):
            made._raw["data"] = maestro._wire.write_event(again(value.data))["data"]
        return made
    if isinstance(value, (list, tuple)):
        return [again(one) for one in value]
    return value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_example_is_read_and_written_again(path: Path) -> None:
    examples = json.loads(path.read_text())
    name = path.stem if path.parent.name == "records" else "Event"
    for raw in examples.values():
        if name in unions:
            read, write = unions[name].read, unions[name].write
        else:
            read, write = getattr(maestro, name).from_json, lambda value: value.to_json()
        value = read(raw)
        assert not isinstance(value, Unknown)
        assert write(value) is raw or write(value) == raw
        written = write(again(value))
        # An open record keeps what has no field of its own.
        if getattr(type(value), "_open", False):
            written = {**raw, **written}
        assert written == raw
        assert repr(value).startswith(type(value).__name__)


def test_every_event_has_its_type() -> None:
    examples = {path.stem for path in WIRE.glob("events/*.json")}
    assert examples == set(events)


def test_what_is_unknown_is_kept() -> None:
    raw = json.loads((WIRE / "events" / "task.ended.json").read_text())["full"]
    raw |= {"type": "x.shipped", "data": {"to": ["all"]}, "later": 1}
    event = Event.from_json(raw)
    match event.data:
        case Other(original_type=name, data=data):
            assert (name, data) == ("x.shipped", {"to": ["all"]})
        case other:
            pytest.fail(f"{other!r}")
    assert event.to_json()["later"] == 1
    block = unions["ContentBlock"].read({"type": "hologram", "size": 3})
    assert isinstance(block, Unknown) and block.to_json() == {"type": "hologram", "size": 3}


def test_records_are_frozen_and_compared_by_what_they_say() -> None:
    policy = maestro.RetryPolicy(max_attempts=3)
    assert policy == maestro.RetryPolicy(max_attempts=3) and hash(policy) == hash(maestro.RetryPolicy(max_attempts=3))
    assert policy.backoff.total_seconds() == 1 and "max_attempts=3" in repr(policy)
    with pytest.raises(AttributeError):
        policy.max_attempts = 4  # type: ignore[misc]
    with pytest.raises(TypeError, match="max_atempts"):
        maestro.RetryPolicy(max_atempts=4)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="needs the keyword argument 'text'"):
        maestro.TextBlock()  # type: ignore[call-arg]
