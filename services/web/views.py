"""Templates and what they may say: languages, dates, numbers, reasons as sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.core.messages import Locale, action_names, field_names, say
from services.core.model import Due, PartialDate, Reason, Scope
from services.core.page_runs import run_text
from services.core.settings import Settings
from services.web.i18n import COOKIE, LOCALES, request_locale, translations

_HERE = Path(__file__).parent
_YEAR_SECONDS = 365 * 24 * 3600
_DATE_PATTERNS = {"vi": ("dd/MM/y", "MM/y"), "en": ("d MMM y", "MMM y")}


class Views:
    """The pages' templates, one environment for each language."""

    def __init__(self, settings: Settings) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._environments = {locale: self._environment(locale) for locale in LOCALES}

    def render(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Render a page in the language of the request; a language chosen by `?lang=` is remembered."""
        locale = request_locale(request)
        page = self._environments[locale].get_template(template)
        me = getattr(request.state, "principal", None)
        values |= {"me": me, "may": lambda scope: me is not None and me.may(Scope(scope))}
        response = HTMLResponse(
            page.render(request=request, locale=locale, languages=language_addresses(request), **values), status
        )
        response.headers["Content-Language"] = locale
        response.headers["Vary"] = "Accept-Language, Cookie"
        response.headers["Cache-Control"] = "private, no-cache"
        if request.query_params.get("lang") == locale:
            response.set_cookie(COOKIE, locale, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
        return response

    def gettext(self, request: Request, message: str) -> str:
        """Return a message in the language of the request."""
        return str(translations(request_locale(request)).ugettext(message))

    def _environment(self, locale: Locale) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined] # added by the extension
        environment.filters.update(
            when=partial(self._when, locale),
            day=partial(_day, locale),
            partial_date=partial(partial_date, locale),
            due=partial(self._due, locale),
            number=partial(format_decimal, locale=locale),
            percent=lambda share: f"{round(share * 100)} %",
            sentence=partial(say, locale=locale),
            told=lambda kept: say(Reason(code=kept["code"], params=kept.get("params") or {}), locale=locale),
            duration=partial(format_timedelta, locale=locale),
            action_name=lambda action: action_names(locale).get(action, action),
            field_name=lambda key: field_names(locale).get(key, key),
            run_text=lambda run: run_text(run.first_page, run.last_page),
        )
        environment.globals["asset"] = asset
        return environment

    def _when(self, locale: Locale, moment: dt.datetime) -> str:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return format_datetime(aware.astimezone(self._zone), f"{_DATE_PATTERNS[locale][0]} HH:mm", locale=locale)

    def _due(self, locale: Locale, due: Due) -> str:
        """Show the end of a deadline: the hour where it has one, else the day; as written where nothing is known."""
        if due.latest is None:
            return due.as_written
        if due.earliest == due.latest:
            return self._when(locale, due.latest)
        return _day(locale, due.latest.astimezone(self._zone).date())


def asset(name: str) -> str:
    """Return the address of a static file, with a mark of its content so that browsers never keep an old one."""
    return f"/static/{name}?v={_ASSET_MARKS[name]}"


_ASSET_MARKS: Mapping[str, str] = {
    path.name: sha256(path.read_bytes()).hexdigest()[:12] for path in sorted((_HERE / "static").iterdir())
}


def language_addresses(request: Request) -> dict[Locale, str]:
    """Return the address of the same page in each language."""
    path = request.url.path if request.method == "GET" else "/"
    return {locale: f"{path}?{request.url.include_query_params(lang=locale).query}" for locale in LOCALES}


def _day(locale: Locale, day: dt.date) -> str:
    return format_date(day, _DATE_PATTERNS[locale][0], locale=locale)


def partial_date(locale: Locale, date: PartialDate) -> str:
    """Show what is known of a date: day, month or year; an unknown part is never shown as one."""
    whole, month = _DATE_PATTERNS[locale]
    if date.year and date.month and date.day:
        return format_date(dt.date(date.year, date.month, date.day), whole, locale=locale)
    if date.year and date.month:
        return format_date(dt.date(date.year, date.month, 1), month, locale=locale)
    if date.year:
        return str(date.year)
    return date.as_written or ""
