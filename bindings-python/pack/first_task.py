"""One agent, one task, and what happens meanwhile. Usage: quickstart.py PROJECT"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

# [quickstart]
from maestro import ApprovalRequested, ClaudeCode, Maestro, MessageDelta


async def quickstart(project: Path, claude: Any, prompt: str = "Write hello.txt") -> str:
    async with Maestro.open(project / ".maestro.db", agents={"claude": claude}, worktrees=project.with_suffix(".trees")) as m:
        shop = await m.projects.ensure("shop", path=project)
        task = await m.tasks.submit(prompt, project=shop)
        async with task.events() as events:
            async for event in events:
                match event.data:
                    case ApprovalRequested(tool="Write", approval_id=str(id)):
                        await m.approvals.allow(id)
                    case ApprovalRequested(approval_id=str(id)):
                        await m.approvals.deny(id, "only files are written here")
                    case MessageDelta(text=text):
                        print(text, end="", flush=True)
        outcome = await task.wait()
        await task.workspace.merge("main")  # the work is out
        return f"{outcome!r}"


# [/quickstart]

if __name__ == "__main__":
    print(asyncio.run(quickstart(Path(sys.argv[1]).resolve(), ClaudeCode.discover())))
