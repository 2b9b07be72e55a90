"""What both engines sort by, so that their lists are the same to the last tie."""

from services.search.types import IndexDocument

_DAY_DIGITS = 7  # ordinals up to 31 December 9999 (3652059)
_UNKNOWN = "9" * _DAY_DIGITS  # sorts behind every day, in both directions


def newest_key(document: IndexDocument) -> str:
    """Return the key whose ascending order is latest day of issue first, unknown last, ties by id."""
    day = f"{9_999_998 - document.issued[0].toordinal():0{_DAY_DIGITS}}" if document.issued else _UNKNOWN
    return f"{day}|{document.id}"


def oldest_key(document: IndexDocument) -> str:
    """Return the key whose ascending order is earliest day of issue first, unknown last, ties by id."""
    day = f"{document.issued[0].toordinal():0{_DAY_DIGITS}}" if document.issued else _UNKNOWN
    return f"{day}|{document.id}"
