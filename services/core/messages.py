"""Sentences for people: reasons are stored as codes, and become sentences only here."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from services.core.model import Reason
from services.core.yaml_text import load_yaml

Locale = Literal["vi", "en"]
_FOLDER = Path(__file__).parent / "locale"
_KEY_PARAMS = frozenset({"field", "fields"})  # parameters that hold keys of a record, which people know by their names


@cache
def reason_sentences(locale: Locale) -> dict[str, str]:
    """Return every reason code with its sentence, in which {name} stands for a parameter."""
    loaded = load_yaml((_FOLDER / locale / "reasons.yaml").read_text(encoding="utf-8"))
    return {str(code): str(sentence) for code, sentence in loaded.items()}


@cache
def field_names(locale: Locale) -> dict[str, str]:
    """Return the names that people give the keys of a record."""
    loaded = load_yaml((_FOLDER / locale / "fields.yaml").read_text(encoding="utf-8"))
    return {str(key): str(name) for key, name in loaded.items()}


@cache
def action_names(locale: Locale) -> dict[str, str]:
    """Return the names that people give the actions in the log."""
    loaded = load_yaml((_FOLDER / locale / "actions.yaml").read_text(encoding="utf-8"))
    return {str(action): str(name) for action, name in loaded.items()}


def say(reason: Reason, locale: Locale = "vi") -> str:
    """Turn a reason into a sentence; an unknown code is shown as it is, so that nothing is hidden."""
    sentence = reason_sentences(locale).get(reason.code)
    if sentence is None:
        details = ", ".join(f"{k}={v}" for k, v in reason.params.items())
        return f"{reason.code} ({details})" if details else reason.code
    params = {name: "–" if value == "" else value for name, value in reason.params.items()}
    if "at" in params:  # as it was stored: ISO 8601, UTC
        params["at"] = f"{datetime.fromisoformat(str(params['at'])):%Y-%m-%d %H:%M} UTC"
    for name in _KEY_PARAMS & params.keys():
        keys = str(params[name]).split(", ")
        params[name] = ", ".join(field_names(locale).get(key, key) for key in keys)
    return sentence.format_map(_Blanks(params))


class _Blanks(dict[str, object]):
    """Parameters of a reason; a missing one shows as a question mark instead of failing the page."""

    def __missing__(self, key: str) -> str:
        return "?"
