"""Accounts: who may come in, with what session or key, and the one-time links by which people choose a password."""

import datetime as dt

from pydantic import Field

from services.core.model import Level, Model, Role, Scope

EVERY_COLLECTION = "*"
"""Stands for all collections, those to come too, where somebody is given some."""


class User(Model):
    """A person or program with an account: what they may see is bounded by a level and, for some, by collections."""

    id: str
    name: str
    role: Role
    clearance: Level = Field(description="The highest level that they may see.")
    collections: tuple[str, ...] | None = Field(description="The collections they are confined to; null: all.")
    disabled: bool
    has_password: bool
    created_at: dt.datetime
    last_login_at: dt.datetime | None = None


class Invitation(Model):
    """A one-time link by which somebody chooses a password; the token is shown this once."""

    user: User
    token: str
    expires_at: dt.datetime


class UserSession(Model):
    """A login that lasts; `current` is the one that asks."""

    id: str
    user_name: str
    address: str | None
    agent: str
    created_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime
    current: bool = False


class NewSession(Model):
    """A session that was just begun, with the token that the browser keeps."""

    user: User
    token: str
    expires_at: dt.datetime


class ApiKey(Model):
    """A key of a program; `prefix` is its beginning, to recognise it by."""

    id: str
    user_name: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


class NewApiKey(ApiKey):
    """A key that was just made, with the key itself, shown this once."""

    key: str
