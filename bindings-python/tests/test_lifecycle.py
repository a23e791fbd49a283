"""Event loops, threads, processes, tenants, and a face without asyncio."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvloop

import maestro.sync
from maestro import Actor, Maestro, NotFoundError, Succeeded, TaskRun
from maestro.testing import ScriptedAgent


def test_uvloop(tmp_path: Path) -> None:
    async def main() -> None:
        async with Maestro.open(agents={"s": ScriptedAgent(["Hi."])}) as m:
            await m.projects.ensure("shop", path=tmp_path)
            assert await (await m.tasks.submit("Hi", project="shop")).wait() == Succeeded(summary="Hi.")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


async def test_many_calls_at_once(m: Maestro) -> None:
    tasks = await asyncio.gather(*(m.tasks.submit(f"Task {n}", project="shop") for n in range(200)))
    outcomes = await asyncio.gather(*(task.wait() for task in tasks))
    assert len({task.id for task in tasks}) == 200
    assert all(outcome == Succeeded(summary="Hello from the shop.") for outcome in outcomes)


async def test_another_loop_is_refused(m: Maestro) -> None:
    found: list[BaseException] = []

    def elsewhere() -> None:
        try:
            asyncio.run(m.projects.list())
        except RuntimeError as error:
            found.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert "another event loop" in str(found[0])


def test_a_forked_child_is_told_and_may_open_its_own(tmp_path: Path) -> None:
    script = """
import asyncio, os, sys
from maestro import Maestro
async def main():
    m = await Maestro.open()
    await m.projects.ensure("shop", path=sys.argv[1])
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        print([p.name for p in await m.projects.list()], status)
        await m.close()
        return
    try:
        await m.projects.list()
    except RuntimeError as error:
        print(str(error)[:44], flush=True)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert ended.stdout.splitlines() == ["this Maestro was opened before the process f", "['shop'] 0"], ended

    script = """
import asyncio, os, sys
from maestro import Maestro
async def names():
    async with Maestro.open() as m:
        await m.projects.ensure("shop", path=sys.argv[1])
        return [p.name for p in await m.projects.list()]
print(asyncio.run(names()), flush=True)
child = os.fork()
if not child:
    print(asyncio.run(names()), flush=True)
    sys.exit(0)
print(os.waitpid(child, 0)[1])
"""
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert ended.stdout.splitlines() == ["['shop']", "['shop']", "0"], ended


async def test_a_scope_confines(m: Maestro, tmp_path: Path) -> None:
    acme = m.scoped(tenant="acme", actor=Actor(kind="person", id="ada"))
    with pytest.raises(NotFoundError):
        await acme.projects.get("shop")
    await acme.projects.ensure("shop", path=tmp_path)
    task = await acme.tasks.submit("Hi", project="shop")
    info = await task.info()
    assert info.tenant_id == "acme" and info.created_by == Actor(kind="person", id="ada")
    with pytest.raises(maestro.InvalidArgumentError):
        m.scoped(tenant="a b")


def test_without_asyncio(tmp_path: Path) -> None:
    async def double(run: TaskRun) -> int:
        return int(run.input) * 2

    with maestro.sync.open(tmp_path / "maestro.db", agents={"s": ScriptedAgent(["Hi."])}, tasks={"double": double}) as m:
        m.projects.ensure("shop", path=tmp_path)
        doubled = m.tasks.submit(kind="double", input=21)
        assert doubled.wait() == Succeeded(output=42)
        task = m.tasks.submit("Hi", project="shop", needs=[doubled])
        types = [event.type for event in task.events()]
        assert types[0] == "task.submitted" and types[-1] == "task.ended"
        session = m.sessions.open(project="shop")
        assert session.prompt("Hi").wait().result == "Hi."
        assert m.approvals.policies.list().rules == ()
        for event in m.events.subscribe(after="beginning"):
            assert event.seq == 1
            break
        with pytest.raises(NotFoundError):
            m.projects.get("nothing")
    m.close()


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
    looked = subprocess.run([sys.executable, "-m", "maestro", "doctor"], capture_output=True, text=True, env=env)
    assert looked.returncode == 1
    assert "core      starts" in looked.stdout and "claude" in looked.stdout, looked
    assert subprocess.run([sys.executable, "-m", "maestro"], capture_output=True).returncode == 2
