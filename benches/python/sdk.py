"""Reads one turn of the stand-in for Claude Code with the Claude Agent SDK, and prints what that took."""

from __future__ import annotations

import asyncio
import sys

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    StreamEvent,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from tally import Meter, Tally


async def main(claude: str, lines: str) -> None:
    options = ClaudeAgentOptions(cli_path=claude, env={"BENCH_LINES": lines}, include_partial_messages=True)
    tally = Tally()
    async with ClaudeSDKClient(options) as client:
        meter = Meter()
        await client.query("Go.")
        async for message in client.receive_messages():
            tally.events += 1
            if isinstance(message, StreamEvent):
                delta = message.event.get("delta")
                if delta is not None:
                    if delta.get("type") == "text_delta":
                        tally.deltas += 1
                        tally.delta_chars += len(delta["text"])
                    elif delta.get("type") == "thinking_delta":
                        tally.deltas += 1
            elif isinstance(message, AssistantMessage):
                for block in message.content:
                    if isinstance(block, TextBlock):
                        tally.text_chars += len(block.text)
                    elif isinstance(block, ThinkingBlock):
                        tally.thought_chars += len(block.thinking)
                    elif isinstance(block, ToolUseBlock):
                        tally.calls += 1
            elif isinstance(message, UserMessage):
                for block in message.content:
                    if isinstance(block, ToolResultBlock):
                        tally.results += 1
                        tally.result_chars += len(block.content or "")
            elif isinstance(message, ResultMessage):
                break
        meter.stop()
    tally.print(meter)


asyncio.run(main(*sys.argv[1:]))
