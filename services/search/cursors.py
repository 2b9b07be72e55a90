"""Opaque cursors: what an engine must remember between two pages, as text a client hands back unread."""

import base64
import binascii
import json
from typing import Any

from services.search.problems import bad_cursor


def encode_cursor(values: dict[str, Any]) -> str:
    """Write a cursor; `decode_cursor` is its inverse."""
    data = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, Any]:
    """Read a cursor; InvalidInputError for one that we did not write."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(values, dict):
        raise bad_cursor()
    return values
