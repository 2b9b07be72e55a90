"""What stands between the network and the handlers: counting, headers, whose host and origin, the last catch."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.web.i18n import request_locale
from services.web.problems import answer, http_problem, loggable

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz"})


class RequestCounts:
    """How many requests were answered, and how long that took, by route template and status (for /metrics)."""

    def __init__(self) -> None:
        self.total: Counter[tuple[str, str, int]] = Counter()
        self.seconds: Counter[str] = Counter()

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answered request; those without a route share one name, so that probing cannot grow the table."""
        route = getattr(scope.get("route"), "path", None) or "(none)"
        self.total[scope["method"], route, status] += 1
        self.seconds[route] += int(seconds * 1_000_000)


class Guard:
    """The outermost layer: counts, sets the security headers, turns what nobody caught into a plain 500 problem."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        started = time.perf_counter()
        try:
            await self.app(scope, receive, exchange.send)
        except Exception:
            log.exception("%s %s failed", scope["method"], loggable(scope["path"]))
            if exchange.status:
                raise  # the answer is under way: cutting the connection is all that tells the client
            await exchange.problem(HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self.counts.add(scope, exchange.status, time.perf_counter() - started)


class _Exchange:
    """The sending side of one request."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def problem(self, status: int) -> None:
        request = Request(self.scope)
        response = answer(request, http_problem(status, request_locale(request)))
        await response(self.scope, request.receive, self.send)


class HeadAsGet:
    """Answers HEAD as GET without the body (RFC 9110, 9.3.2), but for streams of events, which have no end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].endswith("/events"):
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not message.get("more_body", False):
                await send({"type": "http.response.body", "body": b""})

        await self.app({**scope, "method": "GET"}, receive, without_body)


class BodyLimit:
    """Refuses bodies over a limit: by their Content-Length at once, else where they pass it.

    FastAPI's own `max_body_size` sits outside all other layers and answers in plain text (tech.md section 10).
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > self.max_bytes:
            await refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self.app(scope, counted, send)


class HostGuard:
    """Refuses requests whose Host is not a name of this server: a page elsewhere that rebinds its DNS name to us."""

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self.app = app
        self.allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 421."""
        if scope["type"] == "http" and scope["path"] not in PROBES:
            host = Headers(scope=scope).get("host", "")
            if host_name(host) not in self.allowed and "*" not in self.allowed:
                await refuse(HTTPStatus.MISDIRECTED_REQUEST, scope, receive, send, host=host[:200])
                return
        await self.app(scope, receive, send)


class OriginGuard:
    """Refuses writes that another site's page made the browser send (cross-site request forgery).

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; programs send neither.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not same_origin(Headers(scope=scope)):
            await refuse(HTTPStatus.FORBIDDEN, scope, receive, send)
            return
        await self.app(scope, receive, send)


def same_origin(headers: Headers) -> bool:
    """Tell whether a write comes from our own pages or from a program outside a browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def host_name(host: str) -> str:
    """Return the name or address of a Host header without its port, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def own_hosts(host: str, allowed_hosts: str) -> frozenset[str]:
    """Return the names this server answers to: loopback, the address it is bound to, and those of the settings."""
    names = {"localhost", "127.0.0.1", "::1"}
    names.update(name.strip().lower() for name in allowed_hosts.split(",") if name.strip())
    if not _is_any_address(host):
        names.add(host.lower())
    return frozenset(names)


def _is_any_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


async def refuse(status: int, scope: Scope, receive: Receive, send: Send, **params: str) -> None:
    """Answer with a problem instead of serving the request."""
    request = Request(scope, receive)
    response = answer(request, http_problem(status, request_locale(request), **params))
    await response(scope, receive, send)
