"""A host of an agent that never gets ready; ``examples/guarded.sh`` kills it. Usage: host.py PROJECT PROGRAM"""

from __future__ import annotations

import asyncio
import sys

from maestro import ClaudeCode, Maestro


async def main(project: str, program: str) -> None:
    async with Maestro.open(f"{project}.db", agents={"claude": ClaudeCode.at(program)}) as m:
        shop = await m.projects.ensure("shop", path=project)
        await m.sessions.open(project=shop)


asyncio.run(main(*sys.argv[1:]))
