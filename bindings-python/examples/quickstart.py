"""One task of Claude Code in a worktree of its own, and its work merged.

Usage: quickstart.py PROJECT PROMPT, where PROJECT is a git repository.
"""

from __future__ import annotations

import asyncio
import os
import sys

from maestro import ApprovalRequested, ClaudeCode, Maestro, Message, Succeeded, join_text


async def main(path: str, prompt: str) -> None:
    # snippet: quickstart
    async with Maestro.open(f"{path}.db", agents={"claude": ClaudeCode.discover()}, worktrees=f"{path}.worktrees") as m:
        shop = await m.projects.ensure("shop", path=path)
        task = await m.tasks.submit(prompt, project=shop)
        async with task.events() as events:
            async for event in events:
                match event.data:
                    case ApprovalRequested(tool="Write") as asked:
                        await m.approvals.allow(asked)
                    case ApprovalRequested() as asked:
                        await m.approvals.deny(asked, "Only files are written here.")
                    case Message(role="assistant", blocks=blocks):
                        print(join_text(blocks))
        outcome = await task.wait()  # data, also when the agent failed
        if isinstance(outcome, Succeeded):
            await task.workspace.merge("main")
            print("merged into main")
        else:
            print(outcome)
    # end


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
