"""Where agents work."""

from __future__ import annotations

from ._args import Path, Reference, given, reference
from ._bridge import Link
from ._types import ProjectInfo


class Projects:
    """Projects: directories or repositories, with their defaults and limits."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def ensure(
        self,
        name: str,
        *,
        path: Path,
        agent: str | None = None,
        account: Reference | None = None,
        base: str | None = None,
        max_running: int | None = None,
    ) -> ProjectInfo:
        """Makes sure that a project is there, and updates what is given.

        ``agent`` and ``account`` are for work that names none; ``base`` is what workspaces start from; ``max_running`` limits
        how many of its tasks run at once, over all nodes.

        Raises :class:`ConflictError` when the name stands for another directory.
        """
        account = None if account is None else reference(account)
        spec = given(name=name, path=path, agent=agent, account=account, base=base, max_running=max_running)
        return ProjectInfo.from_json(await self._link.command("projects.ensure", spec=spec))

    async def get(self, project: Reference) -> ProjectInfo:
        """A project by its id or name."""
        return ProjectInfo.from_json(await self._link.query("projects.get", project=reference(project)))

    async def list(self) -> list[ProjectInfo]:
        """The first thousand projects, oldest first."""
        return [ProjectInfo.from_json(raw) for raw in await self._link.query("projects.list")]
