"""Records: what stands on the wire, as frozen objects that are read when they are looked at.

A record holds the JSON that it was read from, so reading one costs nothing until a field is asked for, and fields that this version
does not know survive. What the types are is generated from ``docs/wire/schema.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        return lambda of: of


Convert = Callable[[Any], Any]
_MISSING: Any = object()
_records: dict[str, Any] = {}
_MICRO = Decimal(1_000_000)


class Field:
    """How a field of a record is written: its name on the wire, its type, and what it is when it is not there."""

    __slots__ = ("name", "of", "default", "omit", "flat")

    def __init__(self, name: str, of: str, default: Any, omit: bool, flat: bool) -> None:
        self.name, self.of, self.default, self.omit, self.flat = name, of, default, omit, flat


def field(name: str, of: str, *, default: Any = _MISSING, omit: bool = False, flat: bool = False) -> Any:
    return Field(name, of, default, omit, flat)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record:
    """A frozen object with keyword arguments only. :meth:`to_json` gives what stands on the wire."""

    __slots__ = ("_raw",)
    _raw: dict[str, Any]
    _fields: ClassVar[dict[str, Field]] = {}
    _open: ClassVar[bool] = False

    def __init_subclass__(cls, *, open: bool = False) -> None:
        cls._fields = {**cls._fields}
        cls._open = open
        _records[cls.__name__] = cls
        for name, spec in list(vars(cls).items()):
            if isinstance(spec, Field):
                cls._fields[name] = spec
                setattr(cls, name, property(_getter(spec)))

    def __init__(self, **given: Any) -> None:
        raw: dict[str, Any] = {}
        for name, spec in self._fields.items():
            value = given.pop(name, _MISSING)
            if value is _MISSING:
                if spec.default is _MISSING:
                    raise TypeError(f"{type(self).__name__}() needs the keyword argument {name!r}")
                value = spec.default() if callable(spec.default) else spec.default
            if spec.omit and (value is None or value is False or value == "" or value == () or value == {} or value == []):
                continue
            written = writer(spec.of)(value)
            if spec.flat:
                raw.update(written)
            else:
                raw[spec.name] = written
        if given:
            raise TypeError(f"{type(self).__name__}() has no keyword argument {next(iter(given))!r}")
        self._raw = raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Takes what stands on the wire. It is not copied, and must not be changed afterwards."""
        self = object.__new__(cls)
        self._raw = raw  # type: ignore[assignment]
        return self

    def to_json(self) -> dict[str, Any]:
        """What stands on the wire. It must not be changed."""
        return self._raw

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Record):
            return False
        # Not the JSON alone: in a union it says too which variant it is, and what is empty may be left out.
        same = self._raw == other._raw
        return same or (not self._open and all(getattr(self, name) == getattr(other, name) for name in self._fields))

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        parts = []
        for name, spec in self._fields.items():
            value = getattr(self, name)
            if spec.default is _MISSING or value not in (None, "", (), {}, False):
                parts.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Union:
    """Objects whose field ``tag`` says what they are."""

    __slots__ = ("tag", "by_wire", "by_type")

    def __init__(self, tag: str, by_wire: dict[str, Any]) -> None:
        self.tag, self.by_wire = tag, by_wire
        self.by_type = {of: wire for wire, of in by_wire.items()}

    def read(self, raw: Mapping[str, Any]) -> Any:
        return self.by_wire.get(raw[self.tag], Unknown).from_json(raw)

    def write(self, value: Record) -> dict[str, Any]:
        raw = value.to_json()
        wire = self.by_type.get(type(value))
        if wire is None or self.tag in raw:
            return raw
        return {self.tag: wire, **raw}


unions: dict[str, Union] = {}
#: The class of every type of event that this version knows.
events: dict[str, type[Record]] = {}
_event_types: dict[type[Record], str] = {}


def read_event(raw: Mapping[str, Any]) -> Any:
    """What an event says: ``raw`` has its ``type`` and ``data``."""
    of = events.get(raw["type"])
    return Other.from_json(raw) if of is None else of.from_json(raw["data"])


def write_event(value: Record) -> dict[str, Any]:
    """The ``type`` and ``data`` of what an event says."""
    if isinstance(value, Other):
        return value.to_json()
    if not _event_types:
        _event_types.update({of: name for name, of in events.items()})
    return {"type": _event_types[type(value)], "data": value.to_json()}


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def write_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone; give an aware datetime")
    return time.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write_duration(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))


def write_money(amount: Decimal) -> int:
    return int((amount * _MICRO).to_integral_value())


def _same(value: Any) -> Any:
    return value


_PLAIN = frozenset(("string", "id", "secret", "bool", "int", "float", "json"))
_READ: dict[str, Convert] = {
    "time": read_time,
    "duration": lambda ms: timedelta(milliseconds=ms),
    "money": lambda micro: Decimal(micro) / _MICRO,
    "pairs": dict,
    "event": read_event,
}
_WRITE: dict[str, Convert] = {
    "string": str,
    "time": write_time,
    "duration": write_duration,
    "money": write_money,
    "pairs": lambda pairs: [list(pair) for pair in pairs.items()],
    "event": write_event,
}


def _compiled(of: str, plain: dict[str, Convert], of_union: str, of_record: Callable[[Any], Convert], sequence: Callable[[Iterable[Any]], Any]) -> Convert:
    if of in plain:
        return plain[of]
    if of.endswith("?"):
        inner = _compiled(of[:-1], plain, of_union, of_record, sequence)
        return inner if inner is _same else lambda value: None if value is None else inner(value)
    if of.startswith("list<"):
        inner = _compiled(of[5:-1], plain, of_union, of_record, sequence)
        return sequence if inner is _same else lambda values: sequence(map(inner, values))
    if of.startswith("map<"):
        inner = _compiled(of[4:-1], plain, of_union, of_record, sequence)
        return dict if inner is _same else lambda values: {key: inner(value) for key, value in values.items()}
    if of in unions:
        return getattr(unions[of], of_union)  # type: ignore[no-any-return]
    return of_record(_records[of]) if of in _records else _same


def reader(of: str) -> Convert:
    """What makes a value of its JSON."""
    if of not in _READ:
        _READ[of] = _same if of in _PLAIN else _compiled(of, _READ, "read", lambda record: record.from_json, tuple)
    return _READ[of]


def writer(of: str) -> Convert:
    """What makes JSON of a value."""
    if of not in _WRITE:
        _WRITE[of] = _same if of in _PLAIN else _compiled(of, _WRITE, "write", lambda _: Record.to_json, list)
    return _WRITE[of]


def _getter(spec: Field) -> Callable[[Record], Any]:
    name, of, default = spec.name, spec.of, spec.default
    plain = of.rstrip("?") in _PLAIN

    def flat(self: Record) -> Any:
        return reader(of)(self._raw)

    def needed(self: Record) -> Any:
        return self._raw[name] if plain else reader(of)(self._raw[name])

    def made(self: Record) -> Any:
        value = self._raw.get(name, _MISSING)
        if value is _MISSING or (value is None and not of.endswith("?")):
            return default() if callable(default) else default
        return value if plain else reader(of)(value)

    return flat if spec.flat else needed if default is _MISSING else made


class Other(Record):
    """A type of event that this version does not know, kept as it is; also a product's own ``x.…``."""

    original_type: str = field("type", "string")
    data: Any = field("data", "json", default=None)


class Unknown(Record, open=True):
    """A variant that this version does not know, kept as it is."""


__all__ = ["Convert", "Field", "Mapping", "Other", "Record", "Sequence", "Union", "Unknown", "events", "field", "read_event", "reader", "unions", "write_event", "writer"]
