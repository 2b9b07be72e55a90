"""The errors of vanban: one root, a class per cause; the message tells the user the next step.

Vendor errors are translated where they happen (`raise ... from`). `services.app` maps classes to HTTP status and
`services.cli` to exit codes; a test walks all subclasses, so a class without a row there fails it.
"""

from services.core.model import JSON, Reason


class VanbanError(Exception):
    """Root of all errors that vanban raises on purpose.

    `why` is a code of its own, with a sentence in both languages, where that of the class would not tell a person what
    to do next.
    """

    code = "error"

    def __init__(self, message: str = "", *, why: str | None = None, **params: JSON) -> None:
        super().__init__(message or self.code)
        self.code = why or self.code
        self.params = params

    @property
    def reason(self) -> Reason:
        """The error as it is stored: code and parameters."""
        return Reason(code=self.code, params=self.params)


class SettingsError(VanbanError):
    """A setting is missing or makes no sense."""

    code = "settings"


class MissingProgramError(VanbanError):
    """A program or library that the work needs is not installed."""

    code = "missing_program"


class NotFoundError(VanbanError):
    """The thing asked for does not exist, or the principal may not know that it does."""

    code = "not_found"


class GoneError(VanbanError):
    """The thing asked for was deleted."""

    code = "gone"


class UnauthenticatedError(VanbanError):
    """Nobody is logged in, or the key or session is not, or no longer, valid."""

    code = "unauthenticated"


class ForbiddenError(VanbanError):
    """The one who asks may not do this; what they may not even see is a NotFoundError instead."""

    code = "forbidden"


class ThrottledError(VanbanError):
    """Logins failed too often; the next attempt is looked at in `seconds`."""

    code = "throttled"


class ConflictError(VanbanError):
    """The thing changed since it was read, or its state does not allow the call."""

    code = "conflict"


class DossierLockedError(ConflictError):
    """The dossier is locked: what lies in it stays as it is."""

    code = "dossier_locked"


class DossierExistsError(ConflictError):
    """Another dossier has this fonds, year and code."""

    code = "dossier_exists"


class InvalidInputError(VanbanError):
    """What was sent cannot be understood."""

    code = "invalid_input"


class TooLargeError(VanbanError):
    """What was sent is over a limit of the settings."""

    code = "too_large"


class StorageFullError(VanbanError):
    """The disk is full; nothing was recorded."""

    code = "disk_full"


class UnavailableError(VanbanError):
    """A server that vanban stands on does not answer (OpenSearch, Redis, the database); trying again may help."""

    code = "unavailable"


class CorruptError(VanbanError):
    """Stored data does not have the form it was written in."""

    code = "corrupt"


class ReadError(VanbanError):
    """A file or page cannot be read, and trying again would not help; `code` names why."""

    code = "unreadable"

    def __init__(self, code: str, message: str = "", **params: JSON) -> None:
        super().__init__(message or code, **params)
        self.code = code


class ReaderLimitError(VanbanError):
    """The sandboxed reader died under its own limits (memory, CPU, output, wall time): counts as an attempt."""

    code = "reader_limit"


class ReaderLostError(VanbanError):
    """The sandboxed reader was killed from outside: not an attempt, the work is done again."""

    code = "reader_lost"
