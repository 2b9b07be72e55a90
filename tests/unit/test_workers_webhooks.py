"""One message on its way: signature, address, answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from services.archive.webhooks import retry_seconds
from services.core.hook_addresses import AllowedHosts
from services.core.hooks import DeliveryWork
from tests.receiver import receiver
from workers.webhooks import Poster, retry_after_seconds, signatures

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = AllowedHosts.parse("127.0.0.1")


def work(url: str) -> DeliveryWork:
    return DeliveryWork(id="0198f3a2", webhook_id="h", url=url, body='{"type":"webhook.test"}', secrets=(SECRET,))


def test_the_signature_is_that_of_the_published_example() -> None:
    body, expected = '{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signatures([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected
    assert signatures([SECRET, SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == f"{expected} {expected}"


def test_waits_grow_to_half_a_day_and_differ() -> None:
    middle = [retry_seconds(n, 0.5) for n in range(1, 40)]
    assert middle[:3] == [5, 20, 80]
    assert middle == sorted(middle)
    assert middle[-1] == 12 * 3600
    assert (retry_seconds(2, 0.0), retry_seconds(2, 1.0)) == (15, 25)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0), ("120", 120), ("9" * 400, 0), ("99999999", 86400), ("-5", 0), ("soon", 0),
        ("Fri, 20 Nov 2020 03:14:15 GMT", 0),
    ],
)  # fmt: skip
def test_a_receiver_says_when_to_come_back(header: str, seconds: float) -> None:
    assert retry_after_seconds(header) == seconds


async def test_a_message_is_taken_with_its_signature() -> None:
    with receiver() as kept:
        outcome = await Poster(LOOPBACK, 10)(work(kept.url))
    assert (outcome.status, outcome.error) == (204, None)
    ((headers, body),) = kept.received
    assert body == b'{"type":"webhook.test"}'
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("vanban/")
    assert kept.verified([SECRET]) == [1]
    assert kept.verified(["whsec_" + "A" * 32]) == [0]


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
async def test_any_other_answer_is_a_failure_and_no_redirect_is_followed(status: int) -> None:
    with receiver() as elsewhere, receiver(status) as kept:
        kept.headers = {"Location": elsewhere.url, "Retry-After": "7"}
        outcome = await Poster(LOOPBACK, 10)(work(kept.url))
    assert outcome.error is not None
    assert (outcome.status, outcome.error.code, outcome.retry_after) == (status, "webhook_status", 7)
    assert elsewhere.received == []


async def test_a_receiver_that_says_nothing_is_given_up() -> None:
    with receiver() as kept:
        kept.hold = threading.Event()
        outcome = await Poster(LOOPBACK, 0.2)(work(kept.url))
        assert outcome.error is not None
        assert (outcome.status, outcome.error.code) == (None, "webhook_timeout")


async def test_a_receiver_that_is_away_is_unreachable() -> None:
    with receiver() as kept:
        pass
    outcome = await Poster(LOOPBACK, 10)(work(kept.url))
    assert outcome.error is not None
    assert outcome.error.code == "webhook_unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433"])
async def test_no_way_of_writing_it_leads_inside(host: str) -> None:
    with receiver() as kept:
        outcome = await Poster(AllowedHosts(), 10)(work(kept.url.replace("127.0.0.1", host)))
    assert outcome.error is not None
    assert outcome.error.code == "webhook_address"
    assert kept.received == []


async def test_it_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere each time it is asked for: what was checked first is what is connected to."""
    with receiver() as kept:
        asked: list[str] = []

        async def resolve(host: str, port: int, **_: object) -> list[Any]:
            asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))
            ]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        outcome = await Poster(LOOPBACK, 10)(work(kept.url.replace("127.0.0.1", "hook.example")))
    assert (outcome.error, outcome.status, asked) == (None, 204, ["hook.example"])
    assert kept.received[0][0]["host"].startswith("hook.example:")


async def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.1", "169.254.169.254")]

    with receiver() as kept:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        outcome = await Poster(LOOPBACK, 10)(work(kept.url.replace("127.0.0.1", "hook.example")))
    assert outcome.error is not None
    assert outcome.error.params == {"address": "169.254.169.254"}
    assert kept.received == []
