"""Tokens that stand for somebody: 256 random bits, of which only the SHA-256 is kept."""

import secrets
from hashlib import sha256

_BYTES = 32


def new_token(prefix: str = "") -> str:
    """Return a token that nobody can guess."""
    return prefix + secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Return what is kept of a token; it has so many random bits that a slow hash would add nothing."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
