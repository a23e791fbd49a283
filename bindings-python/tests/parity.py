"""The driver of Python: takes the steps of the cases in ``docs/parity`` through the public API and writes down what came of them.

Usage: ``parity.py FILE``. What is written is compared by the program ``parity`` of the repository, not here.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import maestro
from maestro import (
    Actor,
    Agent,
    AgentPrompt,
    Allow,
    ApprovalInfo,
    Conversation,
    Decision,
    Event,
    Feed,
    InvalidArgumentError,
    Maestro,
    MaestroError,
    NotFoundError,
    Opening,
    SessionSpec,
    TaskRun,
    TaskSpec,
    UnavailableError,
)
from maestro.agents import Said
from maestro.testing import ScriptedAgent, Step

CASES = Path(__file__).parents[2] / "docs" / "parity"


class Mirror(Agent):
    async def open(self, opening: Opening) -> Conversation:
        if opening.spec.model == "none":
            raise NotFoundError("there is no such model")
        return Reflection()


class Reflection(Conversation):
    async def prompt(self, prompt: AgentPrompt) -> AsyncIterator[Said]:
        match prompt.text:
            case "fail":
                raise UnavailableError("the line is dead")
            case "ask":
                decision = await prompt.ask("Deploy", title="Deploy?", input={"n": 1})
                yield {"Allow": "allow", "Deny": "deny"}[type(decision).__name__]
            case "hang":
                await asyncio.Event().wait()
            case text:
                yield f"You said: {text}"

    async def set_mode(self, mode: str) -> None:
        if mode == "impossible":
            raise InvalidArgumentError("there is no such mode")

    async def control(self, request: Any) -> Any:
        return {"heard": request}


async def double(run: TaskRun) -> Any:
    return run.input * 2


async def flaky(run: TaskRun) -> str:
    if run.attempt == 1:
        raise UnavailableError("the shelf is empty")
    return f"attempt {run.attempt}"


async def report(run: TaskRun) -> str:
    await run.progress("half", 0.5)
    await run.emit("x.seen", [1])
    await run.verify()
    return "reported"


async def gate(run: TaskRun) -> str:
    return (await run.gate("Ship it?", run.input)).state


async def wait(run: TaskRun) -> None:
    await asyncio.Event().wait()


TASKS = {"double": double, "flaky": flaky, "report": report, "gate": gate, "wait": wait}


async def clerk(approval: ApprovalInfo) -> Decision | None:
    match approval.input.get("command"):
        case "make":
            return Allow()
        case "burn":
            raise UnavailableError("the book of rules is lent")
    return None


def agent(given: Any) -> Any:
    if given == "own":
        return Mirror()
    scripts = {name: _script(script) for name, script in given.get("scripts", {}).items()}
    default = _script(given["default"]) if "default" in given else None
    return ScriptedAgent(default, scripts=scripts, remember_in=given.get("remember_in"))


def _script(steps: list[Any]) -> list[Step]:
    return [maestro._wire.unions["Step"].read(step) for step in steps]


def options(spec: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What is given of a spec, as keyword arguments."""
    named = {name: getattr(spec, name) for name in spec._fields if name in given or spec._fields[name].name in given}
    tools = named.pop("tools", None)
    return named | ({"allow_tools": tools.allow, "deny_tools": tools.deny} if tools else {})


class Stage:
    def __init__(self, directory: str) -> None:
        self.dir, self.nodes, self.names = directory, dict[str, Maestro](), dict[str, str]()

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("$dir", self.dir)
            for name in sorted(self.names, key=len, reverse=True):
                value = value.replace(f"${name}", self.names[name])
        elif isinstance(value, list):
            return [self.filled(item) for item in value]
        elif isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        return value

    async def take(self, step: dict[str, Any]) -> Any:
        a = self.filled(step.get("args", {}))
        on = step.get("on", "a")
        match step["call"]:
            case "open":
                agents = {name: agent(given) for name, given in a.get("agents", {}).items()}
                tasks = TASKS if a.get("tasks") else None
                handler = clerk if a.get("permission_handler") else None
                self.nodes[on] = await Maestro.open(
                    a.get("storage", ":memory:"), agents=agents, tasks=tasks, permission_handler=handler,
                    concurrency=a.get("concurrency"), worktrees=a.get("worktrees"),
                    starts_at_once=a.get("starts_at_once"),
                )  # fmt: skip
                return None
            case "scoped":
                actor = Actor.from_json(a["actor"]) if "actor" in a else None
                self.nodes[on] = self.nodes[a.get("of", "a")].scoped(tenant=a["tenant"], actor=actor)
                return None
            case "git":
                command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid", *a["args"]]
                return subprocess.run(command, cwd=f"{self.dir}/shop", capture_output=True, text=True, check=True).stdout.rstrip()
            case "file":
                return Path(a["path"]).read_text()
        return await self.call(self.nodes[on], step, a)

    async def call(self, m: Maestro, step: dict[str, Any], a: dict[str, Any]) -> Any:
        session, task = m.sessions.handle(a.get("session", "")), m.tasks.handle(a.get("task", ""))
        turn, approvals, policies = session.turn(a.get("turn", "")), m.approvals, m.approvals.policies
        at = a.get("after", {"at": "beginning"})
        after = at.get("cursor", at["at"])
        filter = {f"{name.removesuffix('_ids')}s" if name != "types" else name: given for name, given in a.get("filter", {}).items()}
        match step["call"]:
            case "close":
                return await m.close(a.get("running", "park"))
            case "projects.ensure":
                return await m.projects.ensure(a.pop("name"), path=a.pop("path"), **a)
            case "projects.get":
                return await m.projects.get(a["project"])
            case "projects.list":
                return await m.projects.list()
            case "agents.list":
                return await m.agents.list()
            case "agents.probe":
                return await m.agents.probe(a["agent"])
            case "accounts.put":
                return await m.accounts.put(a.pop("name"), **a)
            case "accounts.get":
                return await m.accounts.get(a["account"])
            case "accounts.list":
                return await m.accounts.list()
            case "accounts.status":
                return await m.accounts.status(a["account"])
            case "accounts.remove":
                return await m.accounts.remove(a["account"])
            case "tasks.submit":
                spec = TaskSpec.from_json(a)
                given = options(spec, a) | options(spec.session, a.get("session", {}))
                given.pop("session", None)
                return await m.tasks.submit(given.pop("prompt", ""), **given)
            case "tasks.get":
                return await m.tasks.get(a["task"])
            case "tasks.list":
                return await m.tasks.list(**a)
            case "tasks.explain":
                return await m.tasks.explain(a["task"])
            case "tasks.wait" if step.get("give_up"):
                waiting = asyncio.ensure_future(task.wait())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait([waiting])
                return {"gave_up": waiting.cancelled()}
            case "tasks.wait":
                return await task.wait()
            case "tasks.cancel":
                return await task.cancel(a.get("reason", ""))
            case "tasks.retry":
                return await task.retry()
            case "tasks.reply":
                return await task.reply(a["text"], idempotency_key=a.get("idempotency_key"))
            case "tasks.events":
                return await follow(task.events(after=after), step)
            case "workspaces.info":
                return await task.workspace.info()
            case "workspaces.changes":
                return await task.workspace.changes()
            case "workspaces.diff":
                return await task.workspace.diff()
            case "workspaces.patch":
                return (await task.workspace.patch()).decode()
            case "workspaces.merge":
                return await task.workspace.merge(a["into"])
            case "workspaces.remove":
                return await task.workspace.remove()
            case "workspaces.discard":
                return await task.workspace.discard(a["name"])
            case "sessions.open":
                return await m.sessions.open(project=a.pop("project"), **options(SessionSpec.from_json(a), a))
            case "sessions.fork":
                return await m.sessions.fork(a["session"])
            case "sessions.adopt":
                return await m.sessions.adopt(a.pop("agent_session_id"), project=a.pop("project"), **options(SessionSpec.from_json(a), a))
            case "sessions.resume":
                return await m.sessions.resume(a["session"])
            case "sessions.list":
                return await m.sessions.list(**a)
            case "sessions.get":
                return await session.info()
            case "sessions.view":
                return await session.view()
            case "sessions.prompt":
                return await session.prompt(a["text"], when=a.get("when", "queue"))
            case "sessions.interrupt":
                return await session.interrupt()
            case "sessions.set_mode":
                return await session.set_mode(a["mode"])
            case "sessions.set_model":
                return await session.set_model(a["model"])
            case "sessions.control":
                return await session.control(a["request"])
            case "sessions.close":
                return await session.close()
            case "sessions.events":
                return await follow(session.events(after=after), step)
            case "turns.wait":
                return await turn.wait()
            case "turns.cancel":
                return await turn.cancel()
            case "approvals.get":
                return await approvals.get(a["approval"])
            case "approvals.list":
                return await approvals.list(**a)
            case "approvals.allow":
                return await approvals.allow(a["approval"], input=a.get("input"), remember=a.get("remember", "once"))
            case "approvals.deny":
                return await approvals.deny(a["approval"], a.get("message", ""))
            case "approvals.answer":
                return await approvals.answer(a["approval"], a["answers"])
            case "approvals.extend":
                return await approvals.extend(a["approval"], maestro._wire.reader("duration")(a["by_ms"]))
            case "approvals.assign":
                return await approvals.assign(a["approval"], a["assignee"])
            case "policies.put":
                return await policies.put(a.pop("rule"), a.pop("effect"), **a)
            case "policies.list":
                return await policies.list(**a)
            case "policies.test":
                return await policies.test(a.pop("tool"), a.pop("input"), **a)
            case "policies.remove":
                return await policies.remove(a["rule"])
            case "events.subscribe":
                return await follow(m.events.subscribe(after=after, **filter), step)
            case "events.read":
                events, cursor = await m.events.read(after=after, limit=a.get("limit", 100), **filter)
                return {"events": events, "next": cursor}
            case "events.emit":
                return await m.events.emit(a["type"], a["data"])
            case other:
                raise MaestroError(f"the driver has no {other}")


class Events(list[Any]):
    """What a feed gave."""


async def follow(feed: Feed[Event], step: dict[str, Any]) -> Events:
    events, seen = Events(), 0
    async with feed:
        async for event in feed:
            events.append(event)
            seen += event.type == step.get("until")
            if seen == step.get("times", 1):
                break
    return events


def plain(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else {"id": value.id}


def found(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value.get(part) if isinstance(value, dict) else None
    return value


async def drive(path: Path) -> AsyncIterator[dict[str, Any]]:
    case = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as directory:
        stage = Stage(os.path.realpath(directory))
        os.mkdir(f"{stage.dir}/shop")
        yield {"case": path.stem, "dir": stage.dir}
        for number, step in enumerate(case["steps"]):
            try:
                came = await stage.take(step)
                what, last = ("events", plain(came[-1:])) if isinstance(came, Events) else ("result", [plain(came)])
            except MaestroError as error:
                what, came, last = "error", error.info(), []
            for name, at in step.get("save", {}).items():
                if last and isinstance(saved := found(last[0], at), str):
                    stage.names[name] = saved
            yield {"case": path.stem, "step": number, what: plain(came)}
        for node in stage.nodes.values():
            await node.close()


async def main(file: str) -> None:
    with open(file, "w") as out:
        for path in sorted(CASES.glob("*.json")):
            async for line in drive(path):
                out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
