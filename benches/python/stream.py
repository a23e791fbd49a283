"""Reads one turn of the stand-in for Claude Code with Maestro, and prints what that took."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from maestro import (
    ClaudeCode,
    Event,
    Feed,
    Maestro,
    Message,
    MessageDelta,
    TextBlock,
    Thought,
    ThoughtDelta,
    ToolEnded,
    ToolStarted,
    ToolTerminal,
    ToolText,
    TurnEnded,
)
from tally import Meter, Tally


async def read(events: Feed[Event], tally: Tally) -> None:
    """Looks at all that comes, to the end of the turn."""
    async for event in events:
        tally.events += 1
        data = event.data
        if isinstance(data, MessageDelta):
            tally.deltas += 1
            tally.delta_chars += len(data.text)
        elif isinstance(data, ThoughtDelta):
            tally.deltas += 1
        elif isinstance(data, Message):
            if data.role == "assistant":
                for block in data.blocks:
                    if isinstance(block, TextBlock):
                        tally.text_chars += len(block.text)
        elif isinstance(data, Thought):
            tally.thought_chars += len(data.text)
        elif isinstance(data, ToolStarted):
            tally.calls += 1
        elif isinstance(data, ToolEnded):
            tally.results += 1
            for content in data.content:
                if isinstance(content, ToolText):
                    tally.result_chars += len(content.text)
                elif isinstance(content, ToolTerminal):
                    tally.result_chars += len(content.output)
        elif isinstance(data, TurnEnded):
            break


async def main(claude: str, lines: str, storage: str) -> None:
    tally, again = Tally(), Tally()
    with tempfile.TemporaryDirectory() as directory:
        store = str(Path(directory, "bench.db")) if storage == "sqlite" else ":memory:"
        agent = ClaudeCode.at(claude, env={"BENCH_LINES": lines})
        async with Maestro.open(store, agents={"claude": agent}) as m:
            project = await m.projects.ensure("bench", path=directory)
            session = await m.sessions.open(project=project)
            async with session.events() as events:
                meter = Meter()
                await session.prompt("Go.")
                await read(events, tally)
                meter.stop()
            async with session.events() as events:
                replay = Meter()
                await read(events, again)
                replay.stop()
            await session.close()
    tally.print(meter, again_events=again.events, again_seconds=replay.seconds, again_cpu_seconds=replay.cpu_seconds)


asyncio.run(main(*sys.argv[1:]))
