"""A kind of task of one's own: it waits to be let pass, tells how far it is, and may be tried again.

Usage: own_task.py PROJECT PAGES, where PROJECT is any directory and PAGES are words.
"""

from __future__ import annotations

import asyncio
import os
import sys

from maestro import ApprovalRequested, Maestro, Succeeded, TaskProgress, TaskRun, UnavailableError


# snippet: own_task
async def publish(run: TaskRun) -> str:
    pages: list[str] = run.input
    gate = await run.gate(f"Publish {len(pages)} pages?", pages)
    if gate.state != "allowed":
        return "nothing published"
    if run.attempt == 1:
        raise UnavailableError("the site is down")
    for done, page in enumerate(pages, 1):
        # Right before an effect outside: is this attempt still the one that may do it?
        await run.verify()
        await run.progress(page, done / len(pages))
    return f"published {len(pages)} pages in attempt {run.attempt}"


# end


async def main(path: str, pages: list[str]) -> None:
    # snippet: own_task_submit
    async with Maestro.open(tasks={"publish": publish}) as m:
        site = await m.projects.ensure("site", path=path)
        task = await m.tasks.submit(kind="publish", project=site, input=pages, retry=3)
        # end
        async for event in task.events():
            match event.data:
                case ApprovalRequested(title=title) as asked if await asyncio.to_thread(input, f"{title} [y/N] ") == "y":
                    await m.approvals.allow(asked)
                case ApprovalRequested() as asked:
                    await m.approvals.deny(asked, "Not today.")
                case TaskProgress(message=message):
                    print(message)
        outcome = await task.wait()
        print(outcome.summary if isinstance(outcome, Succeeded) else outcome)


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2].split()))
