"""Questions of agents, rules and answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maestro import Allow, ApprovalRequested, ApprovalResolved, ConflictError, InvalidArgumentError, Maestro, ToolEnded


async def asked(m: Maestro, prompt: str) -> str:
    session = await m.sessions.open(project="shop")
    await session.prompt(prompt)
    async for event in session.events():
        match event.data:
            case ApprovalRequested(approval_id=str(id)):
                return id
    raise AssertionError("nothing was asked")


async def test_the_first_answer_counts(m: Maestro) -> None:
    id = await asked(m, "scenario: ask")
    (waiting,) = (await m.approvals.list()).approvals
    assert waiting.id == id and waiting.tool == "Bash" and waiting.input == {"command": "make"}
    await m.approvals.extend(waiting, timedelta(minutes=5))
    assert (await m.approvals.assign(id, "ada")).assignee == "ada"
    answered = await m.approvals.allow(id)
    assert answered.state == "allowed" and isinstance(answered.decision, Allow)
    with pytest.raises(ConflictError):
        await m.approvals.deny(id, "too late")
    session = m.sessions.handle(str(answered.session_id))
    async for event in session.events():
        match event.data:
            case ApprovalResolved(decision=Allow(remember=remember)):
                assert remember == "once"
            case ToolEnded(status=status):
                assert status == "completed"
                break


async def test_a_question_is_answered(m: Maestro) -> None:
    id = await asked(m, "scenario: question")
    (question,) = (await m.approvals.get(id)).questions
    assert [choice.label for choice in question.choices] == ["red", "blue"]
    with pytest.raises(InvalidArgumentError, match="answers"):
        await m.approvals.answer(id, {"Which size?": "9"})
    await m.approvals.answer(id, {question.question: "red"})


async def test_an_approval_is_named_by_the_event_that_told_of_it(m: Maestro) -> None:
    session = await m.sessions.open(project="shop")
    turn = await session.prompt("scenario: ask")
    async for event in session.events():
        match event.data:
            case ApprovalRequested() as asked:
                await m.approvals.allow(asked)
                break
    assert (await turn.wait()).error is None
    with pytest.raises(TypeError, match="expected a handle, a record or an id"):
        await m.approvals.allow(ApprovalRequested())


async def test_rules_answer_before_a_person(m: Maestro) -> None:
    rule = await m.approvals.policies.put("Bash(make:*)", "deny", project="shop", reason="no builds")
    ruling = await m.approvals.policies.test("Bash", {"command": "make all"}, project="shop")
    assert ruling.effect == "deny" and [rule.id for rule in ruling.rules] == [rule.id]
    session = await m.sessions.open(project="shop")
    await (await session.prompt("scenario: ask")).wait()
    await session.close()
    ended = [event.data.status async for event in session.events() if isinstance(event.data, ToolEnded)]
    assert ended == ["denied"]
    await m.approvals.policies.remove(rule)
    assert not (await m.approvals.policies.list()).rules
    with pytest.raises(InvalidArgumentError) as raised:
        await m.approvals.policies.put("Bash(", "allow")
    assert raised.value.context["field"] == "rule"
