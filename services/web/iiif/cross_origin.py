"""Lets viewers on other sites read what a manifest leads to: no more than that, and never with credentials."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READABLE = re.compile(r"/iiif/.*|/api/v1/documents/[^/]+(/text|/alto|/pages/[0-9]+/image)?")
"""One document by its id, which nobody guesses; no list and no search of the archive is among them."""
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class CrossOrigin:
    """Answers preflights for READABLE addresses and lets their answers, errors too, be read from any origin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in _METHODS or not READABLE.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_HEADERS | _PREFLIGHT)(scope, receive, send)
            return

        async def open_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.append("Access-Control-Expose-Headers", "ETag")
            await send(message)

        await self.app(scope, receive, open_send)
