"""What can go wrong, one class per kind; the kinds are the same in every language."""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping
from typing import Any

from ._types import ErrorInfo, ErrorKind, LimitHit


class MaestroError(Exception):
    """A kind, what was being done, to what, and why it failed.

    An agent's bad result is not an error; it is an :data:`~maestro.Outcome`. Raise one in your own agents and tasks to say
    which kind of failure it is, and whether trying again makes sense.
    """

    kind: ErrorKind = "internal"

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        context: Mapping[str, str] | None = None,
        retryable: bool | None = None,
        unknown_outcome: bool = False,
        limit: LimitHit | None = None,
    ) -> None:
        super().__init__(message)
        #: Why it failed.
        self.message = message
        #: What was being done, for example ``tasks.submit``.
        self.operation = operation
        #: Facts about what the call was about; of a bad argument ``field`` names it.
        self.context: dict[str, str] = dict(context or {})
        #: Whether the same call may succeed later.
        self.retryable: bool = self.kind == "unavailable" if retryable is None else retryable
        #: Whether the effect may have happened in spite of the error.
        self.unknown_outcome = unknown_outcome
        #: The limit that was reached, if one was.
        self.limit = limit

    def __str__(self) -> str:
        facts = ", ".join(f"{key}: {value}" for key, value in self.context.items() if key != "field")
        return f"{self.operation + ': ' if self.operation else ''}{self.message}{f' ({facts})' if facts else ''}"

    def info(self) -> ErrorInfo:
        """The error as data."""
        return ErrorInfo(
            kind=self.kind,
            message=self.message,
            operation=self.operation,
            context=self.context,
            limit=self.limit,
            retryable=self.retryable,
            unknown_outcome=self.unknown_outcome,
        )


class InvalidArgumentError(MaestroError, ValueError):
    """An argument is wrong; ``context["field"]`` names it. Correct it."""

    kind = "invalid_argument"


class InvalidConfigError(MaestroError, ValueError):
    """The configuration is wrong. Correct it and start again."""

    kind = "invalid_config"


class NotFoundError(MaestroError, LookupError):
    """The thing named does not exist."""

    kind = "not_found"


class AlreadyExistsError(MaestroError):
    """A thing with this name or key exists already."""

    kind = "already_exists"


class ConflictError(MaestroError):
    """Somebody changed the thing in between, or its state does not allow the call. Read it again."""

    kind = "conflict"


class LeaseLostError(MaestroError):
    """This node no longer holds the lease that the call needs. Stop the work."""

    kind = "lease_lost"


class CancelledError(MaestroError):
    """The work was cancelled. (A cancelled *wait* raises ``asyncio.CancelledError``.)"""

    kind = "cancelled"


class TimeoutError(MaestroError, builtins.TimeoutError):
    """The time allowed for the call has passed."""

    kind = "timeout"


class UnavailableError(MaestroError):
    """Something outside does not answer now. Retrying may help."""

    kind = "unavailable"


class PermissionDeniedError(MaestroError, PermissionError):
    """The caller may not do this."""

    kind = "permission_denied"


class ResourceExhaustedError(MaestroError):
    """A limit is reached; ``limit`` says which."""

    kind = "resource_exhausted"


class UnsupportedError(MaestroError):
    """This adapter, agent or version cannot do it."""

    kind = "unsupported"


class ProtocolError(MaestroError):
    """The other side broke its protocol."""

    kind = "protocol"


class ClosedError(MaestroError):
    """The object was closed."""

    kind = "closed"


class InternalError(MaestroError):
    """A defect in Maestro or an adapter, or an exception of your own that says no kind."""

    kind = "internal"


_BY_KIND: dict[str, type[MaestroError]] = {of.kind: of for of in MaestroError.__subclasses__()}


def of_info(info: ErrorInfo) -> MaestroError:
    """The exception for an error that came as data, for example in an outcome."""
    return _BY_KIND.get(info.kind, InternalError)(
        info.message,
        operation=info.operation,
        context=dict(info.context),
        retryable=info.retryable,
        unknown_outcome=info.unknown_outcome,
        limit=info.limit,
    )


def of_json(text: str, exceptions: Mapping[str, BaseException] | None = None) -> MaestroError:
    """An error as the core gives it. One of the exceptions by their ids that it is, is its cause."""
    info = ErrorInfo.from_json(json.loads(text))
    error = of_info(info)
    error.__cause__ = (exceptions or {}).get(info.exception_id or "")
    return error


def to_json(error: BaseException, id: str | None = None) -> str:
    """An exception of the user's as an error: its text, its kind where it has one, and the id that it is kept under."""
    if isinstance(error, MaestroError):
        raw: dict[str, Any] = error.info().to_json()
    else:
        text = str(error)
        name = type(error).__name__
        raw = {"kind": "internal", "message": f"{name}: {text}" if text else name, "retryable": False}
    return json.dumps(raw if id is None else {**raw, "exception_id": id})
