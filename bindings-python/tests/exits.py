"""Ends an interpreter with work in flight, in one of several ways; ``test_teardown.py`` runs it. Usage: exits.py HOW DIRECTORY"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import maestro.sync
from maestro import Maestro, TaskRun
from maestro.testing import HangStep, SayStep, ScriptedAgent


async def forever(run: TaskRun) -> Any:
    await run.progress("began")
    await asyncio.Event().wait()


async def busy(directory: str, opened: list[Any]) -> Maestro:
    agents = {"s": ScriptedAgent([SayStep(text="word " * 50), HangStep()])}
    m = await Maestro.open(os.path.join(directory, "maestro.db"), agents=agents, tasks={"forever": forever}, relaxed=True)
    await m.projects.ensure("shop", path=directory)
    task = await m.tasks.submit(kind="forever")
    session = await m.sessions.open(project="shop")
    await session.prompt("Talk")
    # Calls, feeds and a coroutine of ours are under way at once.
    opened += [asyncio.create_task(task.wait()), asyncio.create_task(drain(m)), m]
    async for event in task.events():
        if event.type == "task.progress":
            return m
    raise AssertionError("the task ended")


async def drain(m: Maestro) -> None:
    async for _ in m.events.subscribe(after="beginning"):
        pass


async def main(how: str, directory: str) -> None:
    opened: list[Any] = []
    m = await busy(directory, opened)
    print("busy", flush=True)
    match how:
        case "return":
            return
        case "raise":
            raise SystemExit(7)
        case "exit":
            os._exit(7)
        case "drop":
            opened.clear()
            del m
        case "close":
            await m.close()


if __name__ == "__main__":
    how, directory = sys.argv[1:]
    if how == "thread":
        node = maestro.sync.open(os.path.join(directory, "maestro.db"), tasks={"forever": forever}, relaxed=True)
        node.tasks.submit(kind="forever")
        print("busy", flush=True)
    elif how == "loop":
        # The loop is never closed, and still referenced when the interpreter goes.
        loop = asyncio.new_event_loop()
        kept: list[Any] = []
        loop.run_until_complete(busy(directory, kept))
        print("busy", flush=True)
    else:
        asyncio.run(main(how, directory))
