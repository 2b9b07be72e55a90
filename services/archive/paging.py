"""Pages of lists, and the opaque cursors that lead from one to the next."""

import base64
import binascii
import json
from typing import Generic, TypeVar

from services.core.errors import InvalidInputError
from services.core.model import Model

T = TypeVar("T")


class Page(Model, Generic[T]):
    """Some items of a list, and the cursor of what follows (None at the end)."""

    items: tuple[T, ...]
    next: str | None = None


def build_cursor(*values: str | int) -> str:
    """Pack the sort values of the last item shown; `parse_cursor` is the inverse."""
    packed = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def parse_cursor(cursor: str, *kinds: type) -> tuple[str | int, ...]:
    """Unpack a cursor into values of `kinds`; raise InvalidInputError on one that `build_cursor` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidInputError("The cursor is not one that was handed out. Start again without it.") from error
    if not isinstance(values, list) or [type(v) for v in values] != list(kinds):
        raise InvalidInputError("The cursor belongs to another list. Start again without it.")
    return tuple(values)
