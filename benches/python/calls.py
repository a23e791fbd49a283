"""What a call costs that asks the core for next to nothing: one after the other, and 64 at once."""

from __future__ import annotations

import asyncio
import json

from maestro import Maestro
from tally import Meter

CALLS = 16_384
AT_ONCE = 64


async def some(m: Maestro, count: int) -> None:
    for _ in range(count):
        await m.node()


async def main() -> None:
    async with Maestro.open() as m:
        await some(m, 1000)
        alone = Meter()
        await some(m, CALLS)
        alone.stop()
        together = Meter()
        await asyncio.gather(*(some(m, CALLS // AT_ONCE) for _ in range(AT_ONCE)))
        together.stop()
    told = {}
    for name, meter in (("alone", alone), ("at_once", together)):
        told[name] = {"us": meter.seconds / CALLS * 1e6, "cpu_us": meter.cpu_seconds / CALLS * 1e6}
    print(json.dumps(told))


asyncio.run(main())
