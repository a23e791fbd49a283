"""Kinds of tasks in Python."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maestro import ApprovalRequested, Cancelled, Failed, InputRequired, Maestro, MaestroError, Other, RetryPolicy, Succeeded, TaskProgress, TaskRun, UnavailableError, errors

calls: list[str] = []


async def check(run: TaskRun) -> Any:
    match run.input:
        case "text":
            return "all good"
        case "object":
            return {"count": 3, "took": timedelta(seconds=2)}
        case "person":
            return InputRequired(reason="key")
        case "bug":
            shelf: dict[str, str] = {}
            return shelf["sku"]
        case "flaky" if run.attempt == 1:
            raise UnavailableError("the shelf is closed")
        case "report":
            await run.progress("half", 0.5)
            await run.emit("x.seen", [1])
            await run.verify()
            gate = await run.gate("Ship it?", {"to": "all"})
            return gate.state
        case "wait":
            calls.append("began")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                calls.append("cancelled")
                raise
    return None


@pytest.fixture
async def node(tmp_path: Path) -> Any:
    calls.clear()
    async with Maestro.open(tmp_path / "maestro.db", tasks={"check": check}, relaxed=True) as maestro:
        yield maestro


async def test_what_a_task_returns_is_its_outcome(node: Maestro) -> None:
    expected = {
        "text": Succeeded(summary="all good"),
        "object": Succeeded(output={"count": 3, "took": 2000}),
        "nothing": Succeeded(),
        "person": InputRequired(reason="key"),
    }
    for input, outcome in expected.items():
        task = await node.tasks.submit(kind="check", input=input)
        assert await task.wait() == outcome


async def test_an_exception_keeps_its_text_and_loses_nothing(node: Maestro) -> None:
    task = await node.tasks.submit(kind="check", input="bug")
    outcome = await task.wait()
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "KeyError: 'sku'" and outcome.error.kind == "internal"
    raised = errors.of_info(outcome.error)
    assert isinstance(raised, MaestroError) and "KeyError: 'sku'" in str(raised)
    # The node goes on, and what failed for now is tried again.
    task = await node.tasks.submit(kind="check", input="flaky", retry=RetryPolicy(max_attempts=3, backoff=timedelta(milliseconds=1)))
    assert isinstance(await task.wait(), Succeeded)
    first, second = (await task.info()).attempts
    assert first.error is not None and first.error.retryable and first.error.message == "the shelf is closed"
    assert second.state == "succeeded"


async def test_a_task_reports_and_waits_at_a_gate(node: Maestro) -> None:
    task = await node.tasks.submit(kind="check", input="report")
    seen: list[object] = []
    async for event in task.events():
        match event.data:
            case ApprovalRequested(kind="gate", approval_id=str(id), input=input):
                assert input == {"to": "all"}
                await node.approvals.allow(id)
            case TaskProgress(message=message, fraction=fraction):
                seen.append((message, fraction))
            case Other(original_type="x.seen", data=data):
                seen.append(data)
    assert seen == [("half", 0.5), [1]]
    assert await task.wait() == Succeeded(summary="allowed")


async def test_a_cancel_reaches_the_coroutine(node: Maestro) -> None:
    task = await node.tasks.submit(kind="check", input="wait")
    async for event in task.events():
        if event.type == "task.started":
            break
    while "began" not in calls:
        await asyncio.sleep(0)
    await task.cancel("enough")
    assert isinstance(await task.wait(), Cancelled)
    assert calls == ["began", "cancelled"]


async def test_a_wait_that_is_cancelled_leaves_the_task(node: Maestro) -> None:
    task = await node.tasks.submit(kind="check", input="wait")
    waiting = asyncio.create_task(task.wait())
    while not node._link.bridge._waiting:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await task.info()).state in ("queued", "running")
    assert not node._link.bridge._waiting
    await task.cancel()


async def test_closing_cancels_the_coroutine_and_the_next_node_goes_on(tmp_path: Path) -> None:
    calls.clear()
    async with Maestro.open(tmp_path / "maestro.db", tasks={"check": check}) as first:
        task = await first.tasks.submit(kind="check", input="wait")
        while "began" not in calls:
            await asyncio.sleep(0)
    assert calls[-1] == "cancelled"

    async def done(run: TaskRun) -> str:
        return f"attempt {run.attempt}"

    async with Maestro.open(tmp_path / "maestro.db", tasks={"check": done}) as second:
        assert await second.tasks.handle(task.id).wait() == Succeeded(summary="attempt 2")
