"""Runs scripted sessions in one process and prints, after each batch, how much memory is in use; ``leaks.sh`` judges it.

Half of the sessions are of a scripted agent whose tools the permission handler allows, half of an agent in Python. Each is opened,
prompted, followed to the end of its turn, and closed. Usage: leaks.py SESSIONS
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from maestro import Agent, AgentPrompt, Allow, ApprovalInfo, Conversation, Maestro, Opening, TurnEnded
from maestro.testing import ScriptedAgent, ToolStep

#: After how many sessions memory is looked at, when none is open.
BATCH = 100
#: How many are open at once.
AT_ONCE = 10


class Mallinfo(ctypes.Structure):
    """``struct mallinfo2`` of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    ]


def in_use() -> int:
    """The bytes that are allocated, in all arenas and in maps of their own: by Rust and SQLite, and by Python too, which
    ``PYTHONMALLOC=malloc`` makes ask the same allocator."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo
    info = mallinfo2()
    return int(info.uordblks) + int(info.hblkhd)


def resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


class Talk(Conversation):
    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[str]:
        yield f"Noted: {prompt.text}"


class Own(Agent):
    async def open(self, opening: Opening) -> Conversation:
        return Talk()


async def allow(approval: ApprovalInfo) -> Allow:
    return Allow()


async def session(m: Maestro, agent: str) -> None:
    session = await m.sessions.open(project="shop", agent=agent)
    async with session.events() as events:
        await session.prompt("Say hello")
        async for event in events:
            if isinstance(event.data, TurnEnded):
                assert event.data.error is None, event.data.error
                break
    await session.close()


async def main(sessions: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        # Not in memory, where the records that sessions leave would be memory in use.
        scripted = ScriptedAgent([ToolStep(name="Bash", ask=True, result="ok"), "Hello there."], remember_in=f"{directory}/memory")
        agents = {"scripted": scripted, "own": Own()}
        async with Maestro.open(f"{directory}/maestro.db", agents=agents, permission_handler=allow, relaxed=True) as m:
            await m.projects.ensure("shop", path=directory)
            for batch in range(BATCH, sessions + 1, BATCH):
                for _ in range(BATCH // AT_ONCE):
                    await asyncio.gather(*(session(m, ("scripted", "own")[number % 2]) for number in range(AT_ONCE)))
                gc.collect()
                print(f"sample {batch} {in_use()} {resident()}", flush=True)


asyncio.run(main(int(sys.argv[1])))
