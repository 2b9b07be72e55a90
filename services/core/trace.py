"""The log as it is asked for: who did or looked at what, when and from where."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from services.core.model import Event, Model


class Access(StrEnum):
    """Actions of those who only look: a document shown, a file or a list taken away, the log itself read."""

    VIEWED = "document.viewed"
    DOWNLOADED = "source.downloaded"
    EXPORTED = "list.exported"
    LOG_READ = "log.read"


SIGN_INS = ("session.begun", "session.ended", "login.failed")


class LogKind(StrEnum):
    """What a line of the log is about."""

    CHANGE = "change"
    SIGN_IN = "sign-in"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are wanted; what is not said narrows nothing.

    `who` is the name of an account or the beginning of a key (`vbk_...`), `subject_id` the id of a thing, of a document
    with its file. `since` is the first instant, `until` the first one no more.
    """

    who: str = ""
    subject_id: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    kind: LogKind | None = None


class LogHead(Model):
    """The last line of the log: kept elsewhere, it proves later that nothing up to it was changed."""

    seq: int = Field(description="Its number; 0 for a log without lines.")
    hash: str = Field(description="Its SHA-256, which covers all lines before it.")


class AccessHistory(Model):
    """How often and by whom a document was looked at and its file taken away."""

    document_id: str
    views: int = Field(description="Looks at the document; requests within five minutes of the first are one look.")
    downloads: int = Field(description="How often its file was taken away, as received or as a searchable copy.")
    people: int = Field(description="How many accounts did so.")
    lines: tuple[Event, ...] = Field(description="The last of those lines, the newest first.")
