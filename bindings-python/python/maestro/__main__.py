"""``python -m maestro doctor``: what is here, and what is wrong with it."""

from __future__ import annotations

import asyncio
import platform
import sys
from importlib.metadata import version

from . import ClaudeCode, Maestro, MaestroError


async def doctor() -> int:
    """Looks at this installation and at Claude Code; 0 when both can be used."""
    print(f"maestro   {version('maestro')}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    try:
        async with Maestro.open(concurrency=0) as m:
            print(f"core      starts (node {(await m.node()).id})")
    except MaestroError as error:
        print(f"core      does not start: {error}")
        return 1
    try:
        async with Maestro.open(agents={"claude": ClaudeCode.discover()}, concurrency=0) as m:
            status = await m.agents.probe("claude")
    except MaestroError as error:
        print(f"claude    {error}")
        return 1
    tested = {True: "tested with this release", False: "not tested with this release", None: "of unknown release"}[status.tested]
    print(f"claude    {status.version or 'of unknown version'} at {status.program}, {tested}")
    print(f"login     {status.login}")
    if status.problem is not None:
        print(f"problem   {status.problem.message}")
    return 0 if status.installed and status.problem is None else 1


def main() -> int:
    if sys.argv[1:] != ["doctor"]:
        print("usage: python -m maestro doctor", file=sys.stderr)
        return 2
    return asyncio.run(doctor())


if __name__ == "__main__":
    raise SystemExit(main())
