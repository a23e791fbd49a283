"""An agent of one's own: it counts the words of each prompt, and asks before it shouts.

Usage: own_agent.py PROJECT PROMPT, where PROJECT is any directory.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

from maestro import Agent, AgentPrompt, Allow, ApprovalRequested, Conversation, Maestro, Message, Opening, TurnEnded, join_text
from maestro.agents import Said


# snippet: own_agent
class Counting(Conversation):
    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        words = len(prompt.text.split())
        if prompt.text.endswith("!"):
            answer = await prompt.ask("Shout", title="Shout?", input={"words": words})
            if isinstance(answer, Allow):
                yield f"{words} WORDS"
                return
        yield f"{words} words"


class Counter(Agent):
    async def open(self, opening: Opening) -> Conversation:
        return Counting()


async def main(path: str, prompt: str) -> None:
    async with Maestro.open(agents={"counter": Counter()}) as m:
        # end
        project = await m.projects.ensure("words", path=path)
        session = await m.sessions.open(project=project)
        await session.prompt(prompt)
        async for event in session.events():
            match event.data:
                case ApprovalRequested(title=title) as asked if await asyncio.to_thread(input, f"{title} [y/N] ") == "y":
                    await m.approvals.allow(asked)
                case ApprovalRequested() as asked:
                    await m.approvals.deny(asked, "Quiet, please.")
                case Message(role="assistant", blocks=blocks):
                    print(join_text(blocks))
                case TurnEnded():
                    break


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
