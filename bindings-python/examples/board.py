"""A board for the browser: tasks and questions as they are, text as it is written, buttons to answer, cancel and merge.
Usage: board.py PROJECT [PORT], where PROJECT is a git repository; it needs fastapi, uvicorn and websockets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from maestro import ClaudeCode, InvalidArgumentError, Maestro, MaestroError, MessageItem, TaskInfo, join_text

PAGE = Path(__file__).parents[2] / "examples" / "board" / "page.html"
TYPES = ["task.*", "approval.*", "workspace.merged", "message", "message.delta"]


async def shown(m: Maestro, task: TaskInfo) -> dict[str, Any]:
    """A task, where its work was merged, and what its agent said last, if that still goes on."""
    workspace = await m.tasks.handle(task.id).workspace.info() if task.workspace_id else None
    said = ""
    if task.session_id and not task.outcome:
        for item in (await m.sessions.handle(task.session_id).view()).items:
            if isinstance(item.body, MessageItem) and item.body.role == "assistant":
                said = join_text(item.body.blocks)
    return {**task.to_json(), "merged_into": workspace and workspace.merged_into, "said": said}


# snippet: board_follow
async def follow(m: Maestro, send: Callable[[Any], Awaitable[None]]) -> None:
    """Sends what there is, and then whatever happens after it."""
    page = await m.tasks.list()
    tasks, as_of = list(page.tasks), page.as_of
    while page.next is not None:
        page = await m.tasks.list(page_token=page.next)
        tasks += page.tasks
    asked = (await m.approvals.list()).approvals  # those that wait
    await send({"tasks": [await shown(m, task) for task in tasks], "approvals": [approval.to_json() for approval in asked]})
    async with m.events.subscribe(types=TYPES, after=as_of) as events:
        async for event in events:
            message: dict[str, Any] = {"event": event.to_json()}
            if event.task_id is not None and event.type.startswith(("task.", "workspace.")):
                message["task"] = await shown(m, await m.tasks.get(event.task_id))
            await send(message)


# end
# snippet: board_act
async def act(m: Maestro, project: str, asked: Any) -> None:
    """Does what somebody clicked."""
    match asked:
        case {"do": "submit", "prompt": str(prompt)}:
            await m.tasks.submit(prompt, project=project)
        case {"do": "cancel", "task": str(task)}:
            await m.tasks.handle(task).cancel("from the board")
        case {"do": "merge", "task": str(task)}:
            await m.tasks.handle(task).workspace.merge("main")
        case {"do": "allow", "approval": str(approval)}:
            await m.approvals.allow(approval)
        case {"do": "deny", "approval": str(approval)}:
            await m.approvals.deny(approval, "Denied on the board")
        case {"do": "answer", "approval": str(approval), "answers": dict(answers)}:
            await m.approvals.answer(approval, answers)
        case _:
            raise InvalidArgumentError(f"the board cannot do {asked!r}")
# end


async def listen(m: Maestro, project: str, socket: WebSocket) -> None:
    async for asked in socket.iter_json():
        try:
            await act(m, project, asked)
        except MaestroError as error:
            await socket.send_json({"error": str(error)})


def board(m: Maestro, project: str) -> FastAPI:
    """The board of one project, for loopback."""
    app = FastAPI()
    # A name of another site that leads here is not answered, nor is a socket that a page of another site opens.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(PAGE)

    @app.websocket("/feed")
    async def feed(socket: WebSocket) -> None:
        if urlsplit(socket.headers.get("origin", "")).netloc != socket.headers.get("host"):
            return await socket.close(1008)
        await socket.accept()
        both = [asyncio.create_task(follow(m, socket.send_json)), asyncio.create_task(listen(m, project, socket))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            with suppress(WebSocketDisconnect, asyncio.CancelledError):
                await asyncio.gather(*both)

    return app


async def main(path: str, port: int) -> None:
    async with Maestro.open(f"{path}.db", agents={"claude": ClaudeCode.discover()}, worktrees=f"{path}.worktrees") as m:
        await m.projects.ensure("board", path=path)
        with suppress(asyncio.CancelledError, KeyboardInterrupt):  # Ctrl-C, which uvicorn passes on when it has closed
            await uvicorn.Server(uvicorn.Config(board(m, "board"), port=port)).serve()
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8000))
