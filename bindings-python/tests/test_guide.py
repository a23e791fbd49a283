"""What the guide shows beside the programs. The regions between ``snippet`` and ``end`` are in ``docs/guide``, word for word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from house import claude_program, git, model_program, repository

from maestro import (
    ApprovalRequested,
    Cancelled,
    ClaudeCode,
    Failed,
    Feed,
    InputRequired,
    InvalidArgumentError,
    Maestro,
    MaestroError,
    Succeeded,
)
from maestro._types import Event
from maestro.testing import AskStep, HangStep, SayStep, ScriptedAgent, ScriptedModel, Step, ToolStep, WriteStep


@asynccontextmanager
async def shop(tmp_path: Path, *script: Step | str) -> AsyncIterator[Maestro]:
    """A node with a scripted agent, and the project ``shop`` in a git repository."""
    async with Maestro.open(agents={"claude": ScriptedAgent(script)}, worktrees=tmp_path / "worktrees") as m:
        await m.projects.ensure("shop", path=repository(tmp_path))
        yield m


async def until(events: Feed[Event], type: str) -> Any:
    async for event in events:
        if event.type == type:
            return event.data
    raise AssertionError(f"the feed ended without {type}")


async def test_a_session(tmp_path: Path) -> None:
    async with shop(tmp_path, "Two shelves.") as m:
        # snippet: session
        session = await m.sessions.open(project="shop")
        turn = await session.prompt("What is in the shop?")  # durable from here on
        ended = await turn.wait()
        print(ended.result)
        await session.close()
        # end
        assert ended.result == "Two shelves."


async def test_a_session_is_watched(tmp_path: Path) -> None:
    async with shop(tmp_path, SayStep(text="One two three.", pause=timedelta(milliseconds=20))) as m:
        session = await m.sessions.open(project="shop")
        shown = ""
        # snippet: watch_view
        async with session.watch_view() as views:
            await session.prompt("Count")
            async for view in views:  # all of the session as a person sees it, what is being written too
                shown = "".join(partial.text for partial in view.partials)
                print(shown, end="\r")
                if view.state == "idle" and view.turns == 1:
                    break
        # end
        assert shown == "" and len(view.items) == 3


async def test_prompts_while_a_turn_runs(tmp_path: Path) -> None:
    async with shop(tmp_path, HangStep()) as m:
        session = await m.sessions.open(project="shop")
        # snippet: prompts
        first = await session.prompt("Count the stock")
        next = await session.prompt("Tidy up")  # waits until the first is over
        # end
        await until(session.events(), "turn.started")
        # snippet: interrupt
        await session.interrupt()  # the turn under way ends, and the next one begins
        assert (await first.wait()).stop_reason == "cancelled"
        await next.cancel()  # out of the queue, or interrupted too
        # end


async def test_warm_sessions() -> None:
    agent = ScriptedAgent()
    # snippet: warm
    async with Maestro.open(
        agents={"claude": agent},
        warm_sessions=20,  # default 8; 0 keeps none, None keeps all
        starts_at_once=4,  # default: as many as there are cores
    ) as m:
        # end
        assert (await m.node()).id


async def test_tasks_that_need_others(tmp_path: Path) -> None:
    async with shop(tmp_path, "Done.") as m:
        # snippet: needs
        plan = await m.tasks.submit("Write PLAN.md for dark mode", project="shop")
        build = await m.tasks.submit(
            "Implement PLAN.md",
            project="shop",
            needs=[plan],  # starts from a workspace with its branch merged
            priority=5,
            deadline=timedelta(hours=1),
            retry=3,
        )
        for reason in await build.explain():
            print(f"waits: {reason.code}")
        # end
        # snippet: outcome
        match await build.wait():
            case Succeeded(summary=summary):
                print(summary)
            case Failed(error=error, retryable=retryable):
                print(f"{error.message} (again: {retryable})")
            case Cancelled(reason=why):
                print(f"called off: {why}")
            case InputRequired(reason=why):
                print(f"a person is needed: {why}")
        # end
        assert isinstance(await build.wait(), Succeeded)
        # snippet: reply
        await build.reply("Now make it blue")  # the same session and workspace
        outcome = await build.wait()
        # end
        assert isinstance(outcome, Succeeded)
        assert len((await build.info()).attempts) == 2


async def test_a_task_is_called_off(tmp_path: Path) -> None:
    async with shop(tmp_path, HangStep()) as m:
        task = await m.tasks.submit("Wait", project="shop")
        # snippet: cancel
        await task.cancel("not needed any more")
        outcome = await task.wait()
        # end
        assert isinstance(outcome, Cancelled)


async def test_work_gets_out(tmp_path: Path) -> None:
    async with shop(tmp_path, WriteStep(path="PLAN.md", content="1. dark mode\n"), "Planned.") as m:
        task = await m.tasks.submit("Plan", project="shop")
        await task.wait()
        # snippet: workspace
        workspace = task.workspace
        for file in (await workspace.changes()).files:
            print(file.path)
        print(await workspace.diff(), end="")
        commit = await workspace.merge("main")  # again, it changes nothing
        await workspace.remove()  # refused while it holds work that is nowhere else
        # end
        assert git(tmp_path / "shop", "rev-parse", "main").strip() == commit
        assert git(tmp_path / "shop", "show", "main:PLAN.md") == "1. dark mode\n"


async def test_work_is_thrown_away(tmp_path: Path) -> None:
    async with shop(tmp_path, WriteStep(path="PLAN.md", content="1. dark mode\n")) as m:
        task = await m.tasks.submit("Plan", project="shop")
        await task.wait()
        # snippet: discard
        workspace = task.workspace
        branch = (await workspace.info()).branch or ""
        await workspace.discard(branch)  # its name, so that nobody does it by accident
        # end
        assert branch not in git(tmp_path / "shop", "branch")


async def test_a_question_is_answered(tmp_path: Path) -> None:
    async with shop(tmp_path, AskStep(question="Which colour?", choices=["Red", "Blue"]), "Painted.") as m:
        session = await m.sessions.open(project="shop")
        turn = await session.prompt("Paint it")
        await until(session.events(), "approval.requested")
        # snippet: question
        for asked in (await m.approvals.list()).approvals:  # those that wait
            if asked.kind == "question":
                question = asked.questions[0].question
                await m.approvals.answer(asked, {question: "Blue"})
        # end
        assert (await turn.wait()).error is None


async def test_rules_can_be_tried(tmp_path: Path) -> None:
    async with shop(tmp_path) as m:
        await m.approvals.policies.put("Bash(git push:*)", "deny")
        # snippet: ruling
        call = {"command": "git status && git push"}
        ruling = await m.approvals.policies.test("Bash", call, project="shop")
        assert ruling.effect == "deny"  # and nobody was asked
        assert ruling.rules[0].rule == "Bash(git push:*)"
        # end


async def test_an_account(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    async with shop(tmp_path) as m:
        # snippet: account
        key = 'command:["op","read","op://shop/anthropic/key"]'
        await m.accounts.put("team", agent="claude_code", credentials={"ANTHROPIC_API_KEY": key})
        await m.projects.ensure("shop", path=path, account="team")
        # end
        assert [account.name for account in await m.accounts.list()] == ["team"]


async def test_errors_say_what_to_do(tmp_path: Path) -> None:
    async with shop(tmp_path) as m:
        # snippet: errors
        try:
            await m.tasks.submit("", project="shop")
        except InvalidArgumentError as error:
            print(error, error.context["field"])  # names the field
        except MaestroError as error:
            print(f"try again later: {error}" if error.retryable else error)
        # end
        with pytest.raises(InvalidArgumentError, match="`prompt`"):
            await m.tasks.submit("", project="shop")


async def test_a_scripted_agent(tmp_path: Path) -> None:
    # snippet: scripted_agent
    agent = ScriptedAgent(["Hello."], scripts={"build": [ToolStep(name="Bash", ask=True, result="built"), "Built."]})
    async with Maestro.open(agents={"claude": agent}) as m:
        shop = await m.projects.ensure("shop", path=tmp_path)
        task = await m.tasks.submit("Build it\nscenario: build", project=shop)
        # end
        asked = await until(task.events(), "approval.requested")
        assert isinstance(asked, ApprovalRequested)
        await m.approvals.allow(asked)
        assert await task.wait() == Succeeded(summary="Built.")


async def test_the_real_claude_code_without_an_account(tmp_path: Path) -> None:
    program, model_at, home = claude_program(), model_program(), tmp_path
    # snippet: scripted_model
    async with ScriptedModel(model_at) as model:
        claude = ClaudeCode.at(program, env=model.env(home), inherit_env=False)
        async with Maestro.open(agents={"claude": claude}) as m:
            shop = await m.projects.ensure("shop", path=home)
            session = await m.sessions.open(project=shop)
            turn = await session.prompt("Say hello\nscenario: hello text=Hello.")
            # end
            assert (await turn.wait()).result == "Hello."
