"""Problem details (RFC 9457) for every error, and the page people get instead of them."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from services.core.errors import ConflictError, StorageFullError, UnauthenticatedError, UnavailableError, VanbanError
from services.core.messages import Locale, reason_sentences, say
from services.core.model import JSON, Model, Reason
from services.web.admission import caller
from services.web.i18n import request_locale

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"
_SECRET_PATH = re.compile(r"(/invite/).+")
_HTTP_CODES = {
    400: "bad_request",
    403: "foreign_origin",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    421: "foreign_host",
    422: "invalid_input",
    500: "internal",
    503: "unavailable",
}


class PreconditionRequiredError(VanbanError):
    """A change came without If-Match, so that nobody could tell whether it was made on what is there now."""

    code = "precondition_required"


class PreconditionFailedError(ConflictError):
    """The thing changed since the caller read it: its ETag is not the one in If-Match."""

    code = "precondition_failed"


class InvalidField(Model):
    """One part of a request that cannot be understood."""

    where: tuple[str | int, ...] = Field(description="Path to the value, from `query`, `path`, `header` or `body` on.")
    message: str = Field(description="What is wrong with it.")
    type: str = Field(description="Machine-readable name of the rule that it breaks.")


class Problem(Model):
    """Why a request was not carried out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, JSON] = Field(default_factory=dict)
    errors: tuple[InvalidField, ...] = ()


class StatusTable:
    """The error table: class -> HTTP status; a class without a row of its own takes that of its nearest parent."""

    def __init__(self, rows: Mapping[type[VanbanError], HTTPStatus]) -> None:
        self._rows = dict(rows)

    def status(self, error: type[VanbanError]) -> HTTPStatus:
        """Return the status of an error class; raises LookupError for a class outside the table."""
        for parent in error.__mro__:
            if parent in self._rows:
                return self._rows[parent]
        raise LookupError(error)


def problem_of(error: VanbanError, status: int, locale: Locale) -> Problem:
    """Describe an error raised on purpose; errors of ours (5xx) say no more than the catalogue's sentence."""
    reason = error.reason
    sentence = say(reason, locale)
    own_words = str(error)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and own_words and own_words != error.code:
        generic = reason.code not in reason_sentences(locale) or not reason.params
        sentence = own_words if generic else sentence
    return _problem(status, reason, sentence)


def http_problem(status: int, locale: Locale, **params: JSON) -> Problem:
    """Describe an error of the protocol itself: no such address, method not allowed, body too large."""
    reason = Reason(code=_HTTP_CODES.get(status, "bad_request" if status < 500 else "internal"), params=params)
    return _problem(status, reason, say(reason, locale))


def _problem(status: int, reason: Reason, sentence: str, errors: Sequence[InvalidField] = ()) -> Problem:
    return Problem(
        type=f"urn:vanban:problem:{reason.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        code=reason.code,
        params=reason.params,
        errors=tuple(errors),
    )


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Send a problem as JSON."""
    body = jsonable_encoder(problem, exclude_defaults=False)
    return JSONResponse(body, problem.status, headers=headers, media_type=MEDIA_TYPE)


def answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Send a problem in the form the caller reads: a page for a browser outside the API, else JSON."""
    if not wants_page(request):
        return problem_response(problem, headers)
    site = getattr(request.app.state, "site", None)
    if site is None:
        return problem_response(problem, headers)
    response: Response = site.views.render(
        request, "error.html", status=problem.status, problem=problem, back=page_before(request)
    )
    response.headers.update(headers or {})
    return response


def page_before(request: Request) -> str | None:
    """Return the page of ours that the browser came from, by its Referer; None where that is another site or itself."""
    came_from = urlsplit(request.headers.get("referer", ""))
    address = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    ours = came_from.netloc == request.headers.get("host") and address.startswith("/") and address[1:2] != "/"
    return address if ours and (address != _here(request) or request.method != "GET") else None


def wants_page(request: Request) -> bool:
    """Tell whether the caller is a person at a browser outside the API."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(API_PREFIX)


def loggable(path: str) -> str:
    """Return a path as it may stand in a log: the token of a one-time link would let whoever reads it in."""
    return _SECRET_PATH.sub(r"\1…", path)


async def _recognise(request: Request) -> None:
    """Find out who asked for an address that no route admits to, for the page that says so."""
    if wants_page(request) and not hasattr(request.state, "principal"):
        with suppress(VanbanError):
            request.state.principal = await caller(request)


def _here(request: Request) -> str:
    """Return the address asked for, without its host."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def install_problems(app: FastAPI, table: StatusTable) -> None:
    """Answer every error of the app with problem details. What was not foreseen is the guard's (web.middleware)."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, VanbanError)
        status = table.status(type(error))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("%s %s: %s: %s", request.method, loggable(request.url.path), type(error).__name__, error)
        if isinstance(error, UnauthenticatedError) and request.method == "GET" and wants_page(request):
            return RedirectResponse(f"/login?{urlencode({'to': _here(request)})}", HTTPStatus.SEE_OTHER)
        headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
        if status == HTTPStatus.UNAUTHORIZED:
            headers = {"WWW-Authenticate": 'Bearer realm="vanban"'}
        return answer(request, problem_of(error, status, request_locale(request)), headers)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, OSError):
            return await ours(request, _spool_error(error.__cause__))
        await _recognise(request)
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # the router names those of the first route alone
            headers["Allow"] = ", ".join(sorted(_methods(request)))
        return answer(request, http_problem(error.status_code, request_locale(request)), headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        problem = http_problem(HTTPStatus.UNPROCESSABLE_ENTITY, request_locale(request))
        return answer(request, problem.model_copy(update={"errors": tuple(map(_invalid_field, error.errors()))}))

    app.add_exception_handler(VanbanError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _methods(request: Request) -> set[str]:
    """Return the methods that an address takes, of all its routes."""
    contexts = iter_route_contexts(request.app.routes)
    here = (each for each in contexts if each.path and compile_path(each.path)[0].match(request.url.path))
    return {method for each in here for method in each.methods or ()}


def _spool_error(error: OSError) -> VanbanError:
    """Return what went wrong when the parts of a form could not be kept while they came in."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"the folder for temporary files is full: {error}")
    return UnavailableError(f"an upload could not be kept: {error}", service="spool")


def _invalid_field(error: Mapping[str, Any]) -> InvalidField:
    return InvalidField(where=tuple(error["loc"]), message=str(error["msg"]), type=str(error["type"]))
