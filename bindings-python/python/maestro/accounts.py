"""What agents are billed and rate-limited against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._args import Path, Reference, given, reference
from ._bridge import Link
from ._types import AccountInfo, AccountStatus


class Accounts:
    """Accounts. Their secrets are references such as ``env:NAME``; a value is refused."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(
        self,
        name: str,
        *,
        agent: str | None = None,
        credentials: Mapping[str, str] | None = None,
        config_dir: Path | None = None,
        labels: Mapping[str, Any] | None = None,
    ) -> AccountInfo:
        """Creates an account, or makes one what is given. ``agent`` is the kind of agent, for example ``claude_code``;
        ``credentials`` are variables and where their values are."""
        spec = given(name=name, agent=agent, credentials=credentials, config_dir=config_dir, labels=labels)
        return AccountInfo.from_json(await self._link.command("accounts.put", spec=spec))

    async def get(self, account: Reference) -> AccountInfo:
        """An account by its id or name."""
        return AccountInfo.from_json(await self._link.query("accounts.get", account=reference(account)))

    async def list(self) -> list[AccountInfo]:
        """All accounts that are in use."""
        return [AccountInfo.from_json(raw) for raw in await self._link.query("accounts.list")]

    async def status(self, account: Reference) -> AccountStatus:
        """What was last seen of it: its login and its rate limits."""
        return AccountStatus.from_json(await self._link.query("accounts.status", account=reference(account)))

    async def remove(self, account: Reference) -> None:
        """Makes it history; its name is free then."""
        await self._link.command("accounts.remove", account=reference(account))
