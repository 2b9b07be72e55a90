"""Webhooks over both catalogues, with a real receiver: messages are made once, sent at least once, settled."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from services.archive import Archive, open_archive
from services.archive import webhooks as rules
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.hooks import Delivery, DeliveryOutcome, DeliveryState, HookEvent, HookState
from services.core.ids import new_id
from services.core.model import Principal, Reason
from services.core.settings import Limits, Settings, WebhookSettings
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.receiver import Receiver, receiver
from workers.webhooks import Sender

SOMEBODY = dataclasses.replace(ME, name="somebody", access=frozenset({"public"}))
ALL = tuple(HookEvent)
FAILED = DeliveryOutcome(duration_ms=1, status=500, error=Reason(code="webhook_status", params={"status": 500}))
TAKEN = DeliveryOutcome(duration_ms=1, status=204)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook": WebhookSettings(allow="127.0.0.1"), "limits": Limits(webhooks=3)})


@pytest.fixture
async def sender(archive: Archive, settings: Settings) -> AsyncIterator[Sender]:
    made = Sender(archive, settings.webhook)
    yield made
    await made.stop()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let failed messages be due again at once."""
    monkeypatch.setattr(rules, "FIRST_RETRY_SECONDS", 0.0)


async def filed(archive: Archive, text: str) -> str:
    item = await upload(archive, f"{text}.pdf", pdf(text))
    await work(archive)
    (document,) = (await archive.account.item(ME, item.id)).document_ids
    return document


async def made(archive: Archive, url: str, on: Sequence[HookEvent] = ALL, p: Principal = ME) -> str:
    return (await archive.webhooks.create(p, url, on)).id


async def sent(sender: Sender) -> None:
    """Send what is due, and nothing that becomes due meanwhile."""
    await sender.tick()
    await sender.rest()


async def listed(archive: Archive, hook: str, p: Principal = ME) -> list[Delivery]:
    return list((await archive.webhooks.deliveries(p, hook)).items)


async def test_a_receiver_is_told_what_becomes_of_a_document(archive: Archive, sender: Sender) -> None:
    before = await filed(archive, "before")
    with receiver() as kept:
        hook = await archive.webhooks.create(ME, kept.url, ALL)
        document = await filed(archive, "a")
        await archive.documents.correct(ME, document, {"subject": "y"}, if_revision=None)
        await archive.documents.trash_document(ME, document, "x")
        await sent(sender)
        await sent(sender)
    assert kept.verified([hook.secret]) == [1, 1, 1]
    told = sorted(kept.messages(), key=lambda m: m["data"]["revision"])
    assert [m["type"] for m in told] == ["document.ready", "document.changed", "document.deleted"]
    assert {m["data"]["document_id"] for m in told} == {document} != {before}
    assert all(dt.datetime.fromisoformat(m["timestamp"]).tzinfo for m in told)
    deliveries = await listed(archive, hook.id)
    assert {(d.state, d.status, d.attempts, d.next_at) for d in deliveries} == {(DeliveryState.DELIVERED, 204, 1, None)}
    assert {d.id for d in deliveries} == {headers["webhook-id"] for headers, _ in kept.received}


async def test_only_what_was_asked_for_is_told(archive: Archive, sender: Sender) -> None:
    with receiver() as kept:
        await made(archive, kept.url, [HookEvent.DELETED])
        document = await filed(archive, "a")
        await archive.documents.trash_document(ME, document, "x")
        await sent(sender)
    assert [m["type"] for m in kept.messages()] == ["document.deleted"]


async def test_a_receiver_that_fails_first_gets_the_same_message_again(
    archive: Archive, sender: Sender, at_once: None
) -> None:
    with receiver(500, 503, 200) as kept:
        hook = await made(archive, kept.url)
        await filed(archive, "a")
        for state, attempts, status in (("pending", 1, 500), ("pending", 2, 503), ("delivered", 3, 200)):
            await sent(sender)
            (delivery,) = await listed(archive, hook)
            assert (delivery.state, delivery.attempts, delivery.status) == (state, attempts, status)
            since = (await archive.webhooks.get(ME, hook)).failing_since
            assert (since is not None) == (state == "pending")
        await sent(sender)
    assert len({(headers["webhook-id"], body) for headers, body in kept.received}) == 1
    assert len(kept.received) == 3


async def test_a_message_that_failed_waits(archive: Archive, sender: Sender) -> None:
    with receiver(500) as kept:
        hook = await made(archive, kept.url)
        await filed(archive, "a")
        await sent(sender)
        await sent(sender)
        assert len(kept.received) == 1
    (delivery,) = await listed(archive, hook)
    assert delivery.next_at is not None
    assert delivery.next_at > dt.datetime.now(dt.UTC)
    assert delivery.error is not None
    assert delivery.error.code == "webhook_status"


async def test_a_receiver_that_asks_for_time_gets_it(archive: Archive, sender: Sender) -> None:
    with receiver(429) as kept:
        kept.headers = {"Retry-After": "3600"}
        hook = await made(archive, kept.url)
        await filed(archive, "a")
        await sent(sender)
    (delivery,) = await listed(archive, hook)
    assert delivery.next_at is not None
    assert delivery.next_at > dt.datetime.now(dt.UTC) + dt.timedelta(minutes=59)


async def test_a_message_is_given_up_in_the_end(settings: Settings, at_once: None) -> None:
    impatient = settings.model_copy(update={"webhook": WebhookSettings(allow="127.0.0.1", retry_hours=0.0)})
    async with await open_archive(impatient) as archive:
        hook = await made(archive, "http://127.0.0.1:1/")
        await filed(archive, "a")
        await archive.webhooks.plan()
        (one,) = await archive.webhooks.claim(hook, 10)
        await archive.webhooks.ended(one, FAILED)
        (delivery,) = await listed(archive, hook)
        assert (delivery.state, delivery.next_at) == (DeliveryState.FAILED, None)
        await archive.webhooks.ended(one, TAKEN)  # a late word changes nothing
        assert (await listed(archive, hook))[0].state is DeliveryState.FAILED
        assert (await archive.webhooks.get(ME, hook)).state is HookState.ACTIVE


@pytest.mark.parametrize("why", ["webhook_failing", "webhook_gone"])
async def test_a_receiver_that_only_fails_is_disabled_and_told_later_what_it_missed(
    settings: Settings, at_once: None, why: str
) -> None:
    hours = 0.0 if why == "webhook_failing" else 100.0
    impatient = settings.model_copy(update={"webhook": WebhookSettings(allow="127.0.0.1", disable_hours=hours)})
    async with await open_archive(impatient) as archive:
        sender = Sender(archive, impatient.webhook)
        with receiver(500 if why == "webhook_failing" else 410) as kept:
            hook = await made(archive, kept.url)
            first = await filed(archive, "a")
            await sent(sender)
            state = await archive.webhooks.get(ME, hook)
            assert state.state is HookState.DISABLED
            assert state.reason is not None
            assert state.reason.code == why
            second = await filed(archive, "b")
            await sent(sender)
            assert len(kept.received) == 1
            kept.statuses = [204]
            enabled = await archive.webhooks.change(ME, hook, state=HookState.ACTIVE)
            assert (enabled.reason, enabled.failing_since) == (None, None)
            await sent(sender)
            await sent(sender)
        assert {m["data"]["document_id"] for m in kept.messages()[1:]} == {first, second}


async def test_two_senders_make_and_take_a_message_once(archive: Archive, other: Archive) -> None:
    hook = await made(archive, "http://127.0.0.1:1/")
    await filed(archive, "a")
    assert sorted(await asyncio.gather(archive.webhooks.plan(), other.webhooks.plan())) == [0, 1]
    claimed = await asyncio.gather(*(each.webhooks.claim(hook, 10) for each in (archive, other)))
    assert sorted(map(len, claimed)) == [0, 1]
    assert await archive.webhooks.due() == []


async def test_what_a_dead_sender_had_is_sent_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = await made(archive, "http://127.0.0.1:1/")
    await filed(archive, "a")
    await archive.webhooks.plan()
    monkeypatch.setattr(rules, "SENDING_SECONDS", 0.0)
    (first,) = await archive.webhooks.claim(hook, 10)
    assert await archive.webhooks.due() == [hook]
    (second,) = await archive.webhooks.claim(hook, 10)
    assert first == second


async def test_a_receiver_that_is_away_is_not_buried(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_PENDING", 2)
    monkeypatch.setattr(rules, "EVENTS_AT_ONCE", 2)
    hook = await made(archive, "http://127.0.0.1:1/", [HookEvent.READY])
    documents = [await filed(archive, f"d{n}") for n in range(6)]
    for _ in range(20):
        await archive.webhooks.plan()
    assert len(await listed(archive, hook)) in (2, 3)
    told: list[str] = []
    while claimed := await archive.webhooks.claim(hook, 10):
        for one in claimed:
            told += [d for d in documents if d in one.body]
            await archive.webhooks.ended(one, TAKEN)
        for _ in range(20):
            await archive.webhooks.plan()
    assert sorted(told) == sorted(documents)


async def test_a_new_secret_signs_beside_the_old_one_for_a_while(archive: Archive, sender: Sender) -> None:
    with receiver() as kept:
        hook = await archive.webhooks.create(ME, kept.url, ALL)
        changed = await archive.webhooks.rotate(ME, hook.id)
        await filed(archive, "a")
        await sent(sender)
        assert kept.verified([hook.secret, changed.secret]) == [2]
        last = await archive.webhooks.rotate(ME, hook.id, 0.0)
        await filed(archive, "b")
        await sent(sender)
        assert kept.verified([last.secret]) == [0, 1]
        assert kept.verified([hook.secret, changed.secret]) == [2, 0]


async def test_a_test_is_tried_once_and_disables_nothing(archive: Archive, sender: Sender, at_once: None) -> None:
    with receiver(500, 204) as kept:
        hook = await made(archive, kept.url)
        for state in (DeliveryState.FAILED, DeliveryState.DELIVERED):
            delivery = await archive.webhooks.test(ME, hook)
            assert delivery.state is DeliveryState.PENDING
            await sent(sender)
            await sent(sender)
            assert (await listed(archive, hook))[0].state is state
            assert (await archive.webhooks.get(ME, hook)).failing_since is None
    assert [m["type"] for m in kept.messages()] == ["webhook.test"] * 2
    await archive.webhooks.change(ME, hook, state=HookState.DISABLED)
    with pytest.raises(ConflictError):
        await archive.webhooks.test(ME, hook)


async def test_matches_of_saved_searches_are_told_to_their_owner(archive: Archive, sender: Sender) -> None:
    async def matched(p: Principal, *documents: str) -> str:
        search = (await archive.searches.create(p, "Tiêm chủng", {})).id
        (one,) = [w for w in await archive.searches.behind() if w.id == search]
        await archive.searches.start(one)
        started = one.model_copy(update={"started": True})
        await archive.searches.found(started, documents, one.known)
        return search

    a, secret = await filed(archive, "a"), await filed(archive, "b")
    with receiver() as mine, receiver() as other, receiver() as one_only:
        await made(archive, mine.url, [HookEvent.MATCHED])
        await made(archive, other.url, [HookEvent.MATCHED], SOMEBODY)
        search = await matched(ME, a, secret)
        chosen = await archive.webhooks.create(ME, one_only.url, [HookEvent.MATCHED], [search])
        assert chosen.searches == (search,)
        await archive.documents.set_access(ME, secret, "secret")
        theirs = await matched(SOMEBODY, a, secret)
        again = await matched(ME, a)
        await sent(sender)
    assert {m["data"]["search_id"] for m in mine.messages()} == {search, again}
    (first,) = [m["data"] for m in mine.messages() if m["data"]["search_id"] == search]
    assert (first["name"], first["count"], first["documents"]) == ("Tiêm chủng", 2, [a, secret])
    assert first["href"].startswith(f"/api/v1/searches/{search}/new?since=")
    ((theirs_told),) = other.messages()
    assert (theirs_told["data"]["search_id"], theirs_told["data"]["documents"]) == (theirs, [a])
    assert one_only.messages() == []


async def test_nobody_is_told_of_a_document_that_he_may_not_see(archive: Archive, sender: Sender) -> None:
    with receiver() as kept:
        hook = await made(archive, kept.url, p=SOMEBODY)
        secret, public = await filed(archive, "a"), await filed(archive, "b")
        await archive.documents.set_access(ME, secret, "secret")
        await sent(sender)
        assert {m["data"]["document_id"] for m in kept.messages()} == {public}
    for call in (archive.webhooks.get, archive.webhooks.deliveries, archive.webhooks.remove, archive.webhooks.test):
        with pytest.raises(NotFoundError):
            await call(ME, hook)
    assert await archive.webhooks.list(ME) == []


async def test_webhooks_are_changed_and_forgotten(archive: Archive, sender: Sender) -> None:
    with receiver() as kept, receiver() as moved:
        hook = await made(archive, kept.url)
        await archive.webhooks.change(ME, hook, url=moved.url, on=[HookEvent.READY], searches=[])
        await filed(archive, "a")
        await sent(sender)
        assert (len(kept.received), len(moved.received)) == (0, 1)
        await archive.webhooks.remove(ME, hook)
        with pytest.raises(NotFoundError):
            await archive.webhooks.get(ME, hook)
    hook, _ = await made(archive, "https://kho.example/"), await made(archive, "https://kho.example/")
    with pytest.raises(InvalidInputError):
        await archive.webhooks.change(ME, hook, url="https://10.0.0.1/")
    with pytest.raises(InvalidInputError):
        await archive.webhooks.change(ME, hook, on=[])
    with pytest.raises(NotFoundError):
        await archive.webhooks.create(ME, "https://kho.example/", ALL, [new_id()])
    await made(archive, "https://kho.example/")
    with pytest.raises(ConflictError) as refused:
        await made(archive, "https://kho.example/")
    assert refused.value.code == "too_many_webhooks"


async def test_old_deliveries_are_forgotten_and_the_list_has_pages(settings: Settings, sender: Sender) -> None:
    short = settings.model_copy(update={"webhook": WebhookSettings(allow="127.0.0.1", keep_days=0)})
    async with await open_archive(short) as archive:
        with receiver() as kept:
            hook = await made(archive, kept.url)
            for _ in range(3):
                await archive.webhooks.test(ME, hook)
            page = await archive.webhooks.deliveries(ME, hook, limit=2)
            rest = await archive.webhooks.deliveries(ME, hook, limit=2, cursor=page.next)
            assert [len(page.items), len(rest.items), rest.next] == [2, 1, None]
            assert await archive.webhooks.forget_old() == 0
            await sent(sender)
            assert await archive.webhooks.forget_old() == 3


async def test_a_slow_receiver_holds_up_no_other(archive: Archive, sender: Sender) -> None:
    with receiver() as slow, receiver() as quick:
        slow.hold = threading.Event()
        await made(archive, slow.url, [HookEvent.READY])
        await made(archive, quick.url, [HookEvent.READY])
        for n in range(6):
            await filed(archive, f"d{n}")
        while (len(quick.received), len(slow.received)) != (6, 4):
            await sender.tick()
            await asyncio.sleep(0.01)
        slow.hold.set()
        await sender.rest()
        await sent(sender)
        assert len(slow.received) == 6


def test_the_receiver_of_these_tests_sees_a_wrong_signature() -> None:
    headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert Receiver(received=[(headers, b"{}")]).verified(["whsec_AAAA"]) == [0]
