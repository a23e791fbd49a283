"""The quickstart of the package, with a scripted agent. Usage: check.py QUICKSTART; runs in a repository with a branch ``main``."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import maestro
from maestro.testing import ScriptedAgent, WriteStep


async def main(quickstart: str) -> None:
    spec = importlib.util.spec_from_file_location("quickstart", quickstart)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    agent = ScriptedAgent([WriteStep(path="hello.txt", content="hello\n", ask=True), "Hello from a package"])
    outcome = await module.quickstart(Path.cwd(), agent)
    assert outcome.startswith("Succeeded("), outcome
    assert Path("hello.txt").read_text() == "hello\n"
    print(f"\n{outcome} by Python {sys.version.split()[0]} with {Path(maestro.__file__).parent}")


asyncio.run(main(sys.argv[1]))
