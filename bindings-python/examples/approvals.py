"""Who may do what: rules first, then a person, who is asked here in the terminal.

Usage: approvals.py PROJECT PROMPT, where PROJECT is a git repository.
"""

from __future__ import annotations

import asyncio
import os
import sys

from maestro import ApprovalRequested, ClaudeCode, Maestro, Succeeded


async def yes(question: str) -> bool:
    return await asyncio.to_thread(input, f"{question} [y/N] ") == "y"


async def main(path: str, prompt: str) -> None:
    async with Maestro.open(f"{path}.db", agents={"claude": ClaudeCode.discover()}, worktrees=f"{path}.worktrees") as m:
        shop = await m.projects.ensure("shop", path=path)

        # snippet: rules
        policies = m.approvals.policies
        await policies.put("Read", "allow", project="shop")
        await policies.put("Bash(git push:*)", "deny", project="shop", reason="People push.")
        # end

        task = await m.tasks.submit(prompt, project=shop)
        # snippet: answer
        async for event in task.events():
            match event.data:
                case ApprovalRequested(tool=tool, answered=True):
                    print(f"a rule answered {tool}")
                case ApprovalRequested(tool=tool, input=given) as asked:
                    if await yes(f"May {tool} run with {given}?"):
                        await m.approvals.allow(asked, remember="session")
                    else:
                        await m.approvals.deny(asked, "A person said no.")
        # end
        outcome = await task.wait()
        print(outcome.summary if isinstance(outcome, Succeeded) else outcome)


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
