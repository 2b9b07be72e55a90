"""A receiver of webhooks on loopback, which answers as it is told and keeps what it was sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What was sent, and what is answered: the statuses in order, the last one for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    hold: threading.Event | None = None

    def messages(self) -> list[Any]:
        """Return the bodies as JSON."""
        return [json.loads(body) for _, body in self.received]

    def verified(self, secrets: Sequence[str]) -> list[int]:
        """Return for each message how many of its signatures are of these secrets, as Standard Webhooks says it."""
        return [len(_signed(headers, body, secrets)) for headers, body in self.received]


def _signed(headers: dict[str, str], body: bytes, secrets: Sequence[str]) -> set[str]:
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = {
        "v1," + base64.b64encode(hmac.new(base64.b64decode(s[6:]), text, hashlib.sha256).digest()).decode()
        for s in secrets
    }
    return expected & set(headers["webhook-signature"].split(" "))


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    kept = Receiver(statuses=list(statuses) or [204])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            if kept.hold is not None:
                kept.hold.wait()
            self.send_response(kept.statuses.pop(0) if len(kept.statuses) > 1 else kept.statuses[0])
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        if kept.hold is not None:
            kept.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
