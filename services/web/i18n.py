"""Languages of the pages: which one a request wants, and the message catalogues.

The catalogues are the `.po` files themselves, read at start; there is nothing to compile. Their message ids are the
English texts.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from fastapi import Request

from services.core.messages import Locale

LOCALES: tuple[Locale, ...] = get_args(Locale)
COOKIE = "lang"
_FOLDER = Path(__file__).parent / "locale"


def request_locale(request: Request) -> Locale:
    """Return the language of the answer: `?lang=`, else the cookie, else Accept-Language, else that of the settings."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wish in LOCALES:
            return wish
    site = getattr(request.app.state, "site", None)
    default: Locale = site.settings.locale if site is not None else "vi"
    return accepted_locale(request.headers.get("accept-language", ""), default)


def accepted_locale(header: str, default: Locale) -> Locale:
    """Return the language of ours that an Accept-Language header ranks first (RFC 9110, 12.5.4)."""
    best, best_weight = default, 0.0
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameter)
        if language in LOCALES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


@cache
def translations(locale: Locale) -> Translations:
    """Return the catalogue of one language, read from its `.po` file."""
    with (_FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale, domain="messages")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="messages")
