"""The exit codes: one table over the error classes, and the codes that are no error of ours."""

from collections.abc import Mapping

from services.core.errors import (
    ConflictError,
    CorruptError,
    DossierExistsError,
    DossierLockedError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    MissingProgramError,
    NotFoundError,
    ReaderLimitError,
    ReaderLostError,
    ReadError,
    SettingsError,
    StorageFullError,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    VanbanError,
)

DONE = 0
USAGE = 2
FILES_FAILED = 20
NOT_SOUND = 21
INTERRUPTED = 130

EXIT_CODES: Mapping[type[VanbanError], int] = {
    VanbanError: 1,
    InvalidInputError: USAGE,
    SettingsError: 3,
    MissingProgramError: 4,
    NotFoundError: 5,
    GoneError: 6,
    ConflictError: 7,
    TooLargeError: 8,
    StorageFullError: 9,
    UnavailableError: 10,
    CorruptError: 11,
    ReadError: 12,
    ReaderLimitError: 13,
    ReaderLostError: 14,
    DossierLockedError: 15,
    DossierExistsError: 16,
    ForbiddenError: 17,
    UnauthenticatedError: 18,
    ThrottledError: 19,
}
"""A test walks all subclasses of VanbanError: each has its row."""


def exit_code(error: VanbanError) -> int:
    """Return the exit code of an error: its own row, or that of its nearest parent class."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
