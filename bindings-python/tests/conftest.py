"""A node with a project, in a directory of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from maestro import Maestro
from maestro.testing import AskStep, HangStep, ScriptedAgent, ToolStep, WriteStep

SCRIPTS = ScriptedAgent(
    ["Hello from the shop."],
    scripts={
        "ask": [ToolStep(name="Bash", input={"command": "make"}, ask=True, result="built"), "Done."],
        "question": [AskStep(question="Which colour?", choices=["red", "blue"])],
        "hang": [HangStep()],
        "write": [WriteStep(path="${file}", content="hello\n"), "Written."],
    },
)


@pytest.fixture
async def m(tmp_path: Path) -> AsyncIterator[Maestro]:
    async with Maestro.open(agents={"scripted": SCRIPTS}) as maestro:
        await maestro.projects.ensure("shop", path=tmp_path)
        yield maestro
