"""What a person still has to look at in a document: what its reading asked, less what people have answered since."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.core.model import ItemState

_WEIGHTS: Mapping[str, int] = {"symbol": 8, "issued_on": 8, "issuer": 8, "subject": 4, "kind": 4, "signer": 2}
"""How much an open value matters: a document is found and cited by its number, date and issuer (NĐ 30/2020, PL VI)."""
_NO_TEXT, _PAGES_FAILED, _ANY_OTHER = 32, 16, 1


def open_questions(
    review: Iterable[Mapping[str, Any]] | None, evidence: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return those of the reading's questions that no person has answered, as reasons in their stored form.

    A value that a person entered or confirmed is asked no more; a page without words asks until anything was entered.
    """
    sources = evidence or {}
    answered = {key for key, source in sources.items() if source["how"] == "entered"}
    left = [_without(question, answered) for question in review or ()]
    return [question for question in left if question is not None]


def asked_of(row: Any) -> list[dict[str, Any]]:
    """Return all that a document asks of people: what is open about its values, and that pages were not read."""
    questions = open_questions(row.review, row.evidence)
    pages_failed = row.doubt > sum(map(_weight, questions))
    return [*questions, {"code": "pages_not_read", "params": {}}] if pages_failed else questions


def standing(review: Any, evidence: Any, *, pages_failed: bool) -> dict[str, Any]:
    """Return `outcome` and `doubt` of a document as its row keeps them; `doubt` orders what people should look at."""
    questions = open_questions(review, evidence)
    doubt = sum(map(_weight, questions)) + (_PAGES_FAILED if pages_failed else 0)
    return {"outcome": ItemState.NEEDS_REVIEW if doubt else ItemState.DONE, "doubt": doubt}


def _without(question: Mapping[str, Any], answered: set[str]) -> dict[str, Any] | None:
    if question["code"] == "no_text" and answered:
        return None
    fields = _fields(question)
    left = [key for key in fields if key not in answered]
    if fields and not left:
        return None
    return {**question, "params": {**question["params"], "fields": ", ".join(left)}} if left != fields else {**question}


def _weight(question: Mapping[str, Any]) -> int:
    if question["code"] == "no_text":
        return _NO_TEXT
    return sum(_WEIGHTS.get(key, _ANY_OTHER) for key in _fields(question)) or _ANY_OTHER


def _fields(question: Mapping[str, Any]) -> list[str]:
    """Return the keys of the record that a question is about."""
    if question["code"] != "unconfirmed":
        return []
    return [key for key in question["params"].get("fields", "").split(", ") if key]
