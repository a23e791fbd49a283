#!/usr/bin/env python3
"""Writes ``python/maestro/_types.py`` from ``docs/wire/schema.json``. With ``--check`` it only says whether that is current."""

from __future__ import annotations

import json
import keyword
import sys
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent / "docs" / "wire" / "schema.json"
TARGET = HERE / "python" / "maestro" / "_types.py"

#: What the variants of a union are called here, where their own names would mean nothing alone.
VARIANTS = {
    "ContentBlock": "{}Block",
    "ToolContent": "Tool{}",
    "Origin": "{}Origin",
    "RuleLevel": "{}Level",
    "Step": "{}Step",
}
PLAIN = {
    "string": "str", "id": "str", "secret": "str", "bool": "bool", "int": "int", "float": "float", "json": "Any",
    "time": "datetime", "duration": "timedelta", "money": "Decimal", "pairs": "Mapping[str, str]", "event": "EventData",
}  # fmt: skip
#: What a record or union is by default, where that is not the record without arguments.
DEFAULTS = {
    "Actor": 'Actor(kind="person", id="local")',
    "Decision": "Deny()",
    "LimitHit": 'LimitHit(limit="", scope="", used=0, max=0)',
    "Origin": "PromptOrigin()",
}
EMPTY = {"str": '""', "bool": "False", "int": "0", "float": "0.0", "Any": "None", "timedelta": "timedelta()", "Decimal": "Decimal(0)"}


def python_type(of: str) -> str:
    if of.endswith("?"):
        inner = python_type(of[:-1])
        return inner if inner == "Any" else f"{inner} | None"
    if of.startswith("list<"):
        return f"Sequence[{python_type(of[5:-1])}]"
    if of.startswith("map<"):
        return f"Mapping[str, {python_type(of[4:-1])}]"
    return PLAIN.get(of, of)


def python_name(wire: str) -> str:
    name = {"ms": "duration"}.get(wire, wire).removesuffix("_ms").removesuffix("_micro_usd")
    return f"{name}_" if keyword.iskeyword(name) else name


class Generator:
    def __init__(self, schema: dict[str, Any]) -> None:
        self.types, self.events = schema["types"], schema["events"]

    def variant(self, union: str, variant: dict[str, Any]) -> str:
        return str(variant["record"] or VARIANTS.get(union, "{}").format(variant["name"]))

    def default(self, of: str, record: dict[str, Any], wire: str) -> str:
        """What a field is when it is not there."""
        given = record.get("default", {}).get(wire)
        if given is not None:
            return f"timedelta(milliseconds={given})" if of == "duration" else repr(given)
        if of.endswith("?"):
            return "None"
        python = python_type(of)
        if python.startswith("Sequence"):
            return "()"
        if python.startswith("Mapping"):
            return "dict"
        if python in EMPTY:
            return EMPTY[python]
        if of == "time":
            return "EPOCH"
        found = self.types[of]
        if found["shape"] == "strings":
            return repr(found["default"] or found["values"][0]["wire"])
        # Made when it is needed, since it may stand further down.
        return f"lambda: {DEFAULTS.get(of, f'{of}()')}"

    def field(self, field: dict[str, Any], record: dict[str, Any]) -> list[str]:
        of, wire = field["type"], field["name"]
        options = ""
        if field.get("has_default"):
            options += f", default={self.default(of, record, wire)}"
        options += "".join(f", {option}=True" for option in ("omit", "flat") if field.get(option))
        line = f'    {python_name(wire)}: {python_type(of)} = field("{wire}", "{of}"{options})'
        return [line, *doc(field["doc"], "    ")]

    def record(self, name: str, about: str, record: dict[str, Any], tag: tuple[str, str] | None = None) -> str:
        options = ", open=True" if record.get("open") else ""
        lines = [f"class {name}(Record{options}):", *doc(about, "    "), "", "    __slots__ = ()"]
        for field in record["fields"]:
            lines += self.field(field, record)
        return "\n".join(lines)

    def whole(self) -> str:
        parts = [HEAD]
        later, unions = [], []
        done: set[str] = set()
        for name, of in self.types.items():
            if of["shape"] == "strings":
                values = ", ".join(json.dumps(value["wire"]) for value in of["values"])
                told = "; ".join(f"``{value['wire']}``: {value['doc']}" for value in of["values"])
                about = textwrap.fill(f"{of['doc']} {told}".strip(), 130, initial_indent="#: ", subsequent_indent="#: ")
                parts.append(f"{about}\n{name}: TypeAlias = Literal[{values}] | str")
            elif of["shape"] == "union":
                names = [self.variant(name, variant) for variant in of["variants"]]
                for variant, python in zip(of["variants"], names):
                    if not variant["record"]:
                        later.append(self.record(python, variant["doc"], variant))
                members = " | ".join([*names, "Unknown"])
                unions.append(f"#: {of['doc'].splitlines()[0]}\n{name}: TypeAlias = \"{members}\"")
                table = ", ".join(f'"{variant["wire"]}": {python}' for variant, python in zip(of["variants"], names))
                unions.append(f'wire.unions["{name}"] = Union("{of["tag"]}", {{{table}}})')
            elif name == "Event":
                later.append(self.event(of))
            else:
                later.append(self.record(name, of["doc"], of))
            done.add(name)
        members = " | ".join([*self.events.values(), "Other"])
        unions.append(f'#: What an event says, by its type.\nEventData: TypeAlias = "{members}"')
        table = "\n".join(f'        "{name}": {of},' for name, of in self.events.items())
        unions.append(f"wire.events.update(\n    {{\n{table}\n    }}\n)")
        names = [*self.types, "EventData", "Other", "Record", "Unknown"]
        for name, of in self.types.items():
            if of["shape"] == "union":
                names += [self.variant(name, variant) for variant in of["variants"]]
        listed = textwrap.fill(", ".join(f'"{name}"' for name in sorted(set(names))), 130, initial_indent="    ", subsequent_indent="    ")
        unions.append(f"__all__ = [\n{listed},\n]  # fmt: skip")
        return "\n\n\n".join([*parts, *later, *unions]) + "\n"

    def event(self, of: dict[str, Any]) -> str:
        fields = [field for field in of["fields"] if field["name"] != "data"]
        lines = [self.record("Event", of["doc"], {**of, "fields": fields}), ""]
        lines += ["    @property", "    def data(self) -> EventData:", '        """What it says, typed by ``type``."""']
        lines += ["        return wire.read_event(self._raw)  # type: ignore[no-any-return]"]
        return "\n".join(lines)


def doc(text: str, indent: str) -> list[str]:
    text = text.replace("`", "``").replace("\\", "\\\\")
    lines = text.split("\n")
    if len(lines) == 1 and len(indent) + len(text) < 120:
        return [f'{indent}"""{text}"""'] if text else []
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']


HEAD = '''"""What stands on the wire. Generated by ``generate.py`` from ``docs/wire/schema.json``; change the model instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from . import _wire as wire
from ._wire import Other, Record, Union, Unknown, field

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)'''


def main() -> int:
    text = Generator(json.loads(SCHEMA.read_text())).whole()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print(f"{TARGET} is out of date; run {Path(__file__).name}", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
