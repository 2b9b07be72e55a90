"""Sending what webhooks are told: signed, to the very address that was checked, and never longer than it may take.

The signature is that of Standard Webhooks: HMAC-SHA256 over "id.timestamp.body", one for each secret in force.
"""

import asyncio
import base64
import hmac
import logging
import socket
import time
from collections import Counter
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from services.archive import Archive
from services.core.hook_addresses import AllowedHosts
from services.core.hooks import DeliveryOutcome, DeliveryWork
from services.core.model import Reason
from services.core.settings import WebhookSettings
from workers.dispatch import Every

log = logging.getLogger(__name__)

AT_ONCE, AT_ONCE_OF_ONE = 32, 4
"""Messages on their way: all together, and those to one webhook."""
FORGET_SECONDS = 3600.0
_LONGEST_RETRY_AFTER = 24 * 3600.0


class ForbiddenAddressError(OSError):
    """A name leads to an address that webhooks may not lead to."""


class Sender:
    """Makes the messages of new events and sends what is due; several may run."""

    def __init__(self, archive: Archive, settings: WebhookSettings) -> None:
        self._hooks = archive.webhooks
        self._post = Poster(AllowedHosts.parse(settings.allow), settings.timeout_seconds)
        self._running: dict[asyncio.Task[None], str] = {}
        self._forgetting = Every(FORGET_SECONDS)

    async def tick(self) -> int:
        """Begin to send what is due; what is on its way goes on. Returns how many messages are on their way."""
        await self._hooks.plan()
        if self._forgetting.due():
            await self._hooks.forget_old()
        busy = Counter(self._running.values())
        for webhook_id in await self._hooks.due():
            room = min(AT_ONCE - len(self._running), AT_ONCE_OF_ONE - busy[webhook_id])
            for work in await self._hooks.claim(webhook_id, room) if room > 0 else ():
                task = asyncio.create_task(self._send(work))
                self._running[task] = webhook_id
                task.add_done_callback(lambda done: self._running.pop(done, None))
        return len(self._running)

    async def rest(self) -> None:
        """Wait until nothing is on its way."""
        await asyncio.gather(*self._running)

    async def stop(self) -> None:
        """Stop sending; what was cut off is sent again later."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _send(self, work: DeliveryWork) -> None:
        outcome = await self._post(work)
        try:
            await self._hooks.ended(work, outcome)
        except Exception:  # the message stays due and is sent again: at least once
            log.exception("what became of the message %s could not be recorded", work.id)


class Poster:
    """Sends one message, once."""

    def __init__(self, allowed: AllowedHosts, timeout_seconds: float) -> None:
        self._allowed = allowed
        self._timeout = timeout_seconds

    async def __call__(self, work: DeliveryWork) -> DeliveryOutcome:
        """Send a message and return how that ended; never raises but when it is cancelled."""
        started = time.monotonic()

        def ended(error: Reason | None, status: int | None = None, retry_after: float = 0.0) -> DeliveryOutcome:
            took = round((time.monotonic() - started) * 1000)
            return DeliveryOutcome(status=status, duration_ms=took, error=error, retry_after=retry_after)

        try:
            async with asyncio.timeout(self._timeout):
                status, retry_after = await self._posted(work)
        except ForbiddenAddressError as error:
            return ended(Reason(code="webhook_address", params={"address": str(error)}))
        except TimeoutError:
            return ended(Reason(code="webhook_timeout", params={"seconds": self._timeout}))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return ended(Reason(code="webhook_unreachable", params={"error": f"{error}"[:300] or type(error).__name__}))
        if 200 <= status < 300:
            return ended(None, status)
        return ended(Reason(code="webhook_status", params={"status": status}), status, retry_after)

    async def _posted(self, work: DeliveryWork) -> tuple[int, float]:
        parts = urlsplit(work.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await checked_addresses(host, port, self._allowed)
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"vanban/{version('vanban')}",
            "webhook-id": work.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signatures(work.secrets, work.id, now, work.body),
        }
        connector = aiohttp.TCPConnector(resolver=_Checked(addresses), use_dns_cache=False, force_close=True)
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
            ) as session,
            session.post(work.url, data=work.body.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            # what it says is not read: a receiver that goes on for ever costs nothing
            return answer.status, retry_after_seconds(answer.headers.get("Retry-After", ""))


class _Checked(AbstractResolver):
    """Gives out the addresses that were checked, whatever the name leads to by now."""

    def __init__(self, addresses: Sequence[ResolveResult]) -> None:
        self._addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses."""
        return self._addresses

    async def close(self) -> None:
        """Nothing to let go of."""


async def checked_addresses(host: str, port: int, allowed: AllowedHosts) -> list[ResolveResult]:
    """Resolve a host and return its addresses; ForbiddenAddressError when a single one of them is not allowed."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    results: list[ResolveResult] = []
    for family, _, proto, _, address in found:
        ip = str(address[0])
        if not allowed.permits(host, ip):
            raise ForbiddenAddressError(ip)
        results.append(
            ResolveResult(hostname=host, host=ip, port=port, family=family, proto=proto, flags=socket.AI_NUMERICHOST)
        )
    return results


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: str) -> str:
    """Return the header `webhook-signature`: `v1,` and the base64 of the HMAC for each secret, apart by blanks."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    macs = [hmac.digest(key, signed, "sha256") for key in keys]
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


def retry_after_seconds(header: str) -> float:
    """Return for how long a receiver wants to be left alone (RFC 9110, 10.2.3): a day at most."""
    try:
        wait = float(int(header)) if header.isdecimal() else parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER)
