"""Documents read elsewhere: one JSON line of `vanban import` each.

A line becomes a source of its own, in a canonical form, so that equal lines are equal bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.archive.records import apply, shape
from services.core.errors import CorruptError, InvalidInputError
from services.core.model import JSON, Reason

IMPORT_MEDIA_TYPE = "application/x-vanban-import+json"
REGISTER_MEDIA_TYPE = "application/x-vanban-register+json"
"""A row of a register: in the same form, but what it says was entered, not read, and there is no page of it."""

ELSEWHERE_TYPES = frozenset({IMPORT_MEDIA_TYPE, REGISTER_MEDIA_TYPE})
"""Sources that `import_text` takes."""

_KEYS = frozenset({"id", "text", "pages", "record"})
_ID_CHARS = 500


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line that makes sense: its identity, its record in the record's own shapes, and its canonical bytes."""

    id: str
    record: Mapping[str, JSON]
    data: bytes


def parse_line(line: str | Mapping[str, JSON], limit_bytes: int) -> ImportLine | Reason:
    """Read one line of `vanban import`; return the reason when it makes no sense."""
    if isinstance(line, str):
        if len(line.encode("utf-8", "surrogatepass")) > limit_bytes:
            return Reason(code="line_too_large", params={"limit": limit_bytes})
        try:
            line = json.loads(line)
        except (ValueError, RecursionError) as error:
            return Reason(code="line_not_json", params={"problem": str(error)})
    if not isinstance(line, Mapping):
        return Reason(code="line_not_json", params={"problem": "not an object"})
    if unknown := sorted(str(k) for k in line.keys() - _KEYS):
        return Reason(code="line_unknown_key", params={"key": unknown[0]})
    identity = line.get("id")
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str) or not identity.strip() or len(identity) > _ID_CHARS or "\0" in identity:
        return Reason(code="line_without_id")
    return _parse_content(identity.strip(), line, limit_bytes)


def _parse_content(identity: str, line: Mapping[str, JSON], limit_bytes: int) -> ImportLine | Reason:
    texts = _texts(line)
    if texts is None:
        return Reason(code="line_without_text")
    given = line.get("record") or {}
    if not isinstance(given, Mapping):
        return Reason(code="invalid_record", params={"key": "record", "problem": "must be an object"})
    try:
        record = shape(given)
        apply({}, record)
        content = {"id": identity, **({"pages": texts} if "pages" in line else {"text": texts[0]}), "record": given}
        data = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except InvalidInputError as error:
        return Reason(code="invalid_record", params=error.params)
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        return Reason(code="line_not_json", params={"problem": str(error)})
    if len(data) > limit_bytes:
        return Reason(code="line_too_large", params={"limit": limit_bytes})
    return ImportLine(identity, record, data)


def _texts(line: Mapping[str, JSON]) -> list[str] | None:
    """Return the page texts; None unless there is exactly one of `text` and `pages`, of the right type."""
    text, pages = line.get("text"), line.get("pages")
    if isinstance(text, str) and pages is None:
        return [text]
    if text is None and isinstance(pages, list | tuple) and pages and all(isinstance(t, str) for t in pages):
        return list(pages)
    return None


def import_text(data: bytes) -> bytes:
    """Return the text of an imported source as UTF-8, a form feed between its pages (what `ocr.text_pages` takes).

    Raises CorruptError for bytes that are no imported source.
    """
    try:
        content = json.loads(data)
        texts = [content["text"]] if "text" in content else [t.replace("\f", "\n") for t in content["pages"]]
        return "\f".join(texts).encode()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(f"An imported source does not have its form ({error}).") from error
