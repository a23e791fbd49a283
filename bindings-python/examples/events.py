"""What is there, and then what happens, with nothing missed between; and a conversation.

Usage: events.py PROJECT PROMPT, where PROJECT is a git repository.
"""

from __future__ import annotations

import asyncio
import os
import sys

from maestro import ClaudeCode, Maestro, MessageItem, join_text


async def main(path: str, prompt: str) -> None:
    async with Maestro.open(f"{path}.db", agents={"claude": ClaudeCode.discover()}, worktrees=f"{path}.worktrees") as m:
        shop = await m.projects.ensure("shop", path=path)
        plan = await m.tasks.submit(prompt, project=shop, title="Plan")

        # snippet: list_then_watch
        page = await m.tasks.list()
        for task in page.tasks:
            print(task.state, task.spec.title)
        build = await m.tasks.submit(prompt, project=shop, title="Build", needs=[plan])
        async with m.events.subscribe(types=["task.*"], after=page.as_of) as events:
            async for event in events:
                task = await m.tasks.get(event.task_id or "")
                print(task.state, task.spec.title)
                if task.id == build.id and task.state in ("succeeded", "failed", "cancelled"):
                    break
        # end

        session_id = (await build.info()).session_id or ""
        # snippet: conversation
        session = await m.sessions.get(session_id)
        for item in (await session.view()).items:
            match item.body:
                case MessageItem(role=role, blocks=blocks):
                    print(f"{role}: {join_text(blocks)}")
        # end


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
