"""Who may come in: users and their one-time links, logins and sessions, keys of programs."""

from services.archive.accounts.keys import ApiKeys
from services.archive.accounts.sessions import Sessions
from services.archive.accounts.users import Users

__all__ = ["ApiKeys", "Sessions", "Users"]
