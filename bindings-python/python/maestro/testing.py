"""Agents for tests: one that plays scripts, and the real Claude Code against a scripted model."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from ._args import Path, given
from ._types import AppendStep, AskStep, EndStep, ExitStep, FailStep, HangStep, SayStep, SpendStep, Step, ThinkStep, ToolStep, WaitStep, WriteStep
from ._wire import unions

Script = Sequence["Step | str"]


class ScriptedAgent:
    """A deterministic agent that plays scripts: steps, or texts that it says.

    A line ``scenario: NAME key=value`` in a prompt chooses one of ``scripts``; ``${key}`` in it is replaced by the value.
    """

    def __init__(self, default: Script | None = None, *, scripts: Mapping[str, Script] | None = None, remember_in: Path | None = None) -> None:
        self._default, self._scripts, self._remember_in = default, scripts or {}, remember_in

    def _agent_config(self) -> dict[str, Any]:
        scripts = {name: _script(script) for name, script in self._scripts.items()}
        default = None if self._default is None else _script(self._default)
        return {"kind": "scripted", **given(default=default, scripts=scripts, remember_in=self._remember_in)}


def _script(script: Script) -> list[dict[str, Any]]:
    write = unions["Step"].write
    return [write(SayStep(text=step) if isinstance(step, str) else step) for step in script]


class ScriptedModel:
    """A model endpoint on loopback that plays scenarios, which a line ``scenario: NAME`` in a prompt chooses; for tests without an
    account. ``program`` is the built ``scripted-model`` of Maestro's repository, ``scenarios`` more files or directories of them.
    Give Claude Code its ``env``, with ``inherit_env=False``."""

    def __init__(self, program: Path, *, scenarios: Sequence[Path] = ()) -> None:
        self._program, self._scenarios = program, scenarios
        self._process: asyncio.subprocess.Process | None = None
        #: Where it listens.
        self.url = ""

    def env(self, home: Path) -> dict[str, str]:
        """The variables that lead Claude Code to it, with a home of its own where it keeps everything."""
        return {
            "HOME": os.fsdecode(home),
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": "sk-fake",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }

    async def __aenter__(self) -> ScriptedModel:
        process = await asyncio.create_subprocess_exec(
            os.fsdecode(self._program), *(f"--scenarios={os.fsdecode(path)}" for path in self._scenarios), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        self._process = process
        self.url = (await process.stdout.readline()).decode().strip()
        return self

    async def __aexit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()


__all__ = [
    "AppendStep", "AskStep", "EndStep", "ExitStep", "FailStep", "HangStep", "SayStep", "Script", "ScriptedAgent", "ScriptedModel",
    "SpendStep", "Step", "ThinkStep", "ToolStep", "WaitStep", "WriteStep",
]  # fmt: skip
