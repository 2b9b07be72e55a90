"""Saved searches over the API: what is new, once, in order, as JSON, JSON Feed and Atom."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from services.core.model import DocumentRef
from services.core.settings import Limits
from services.core.watching import NewDocument, SavedSearch
from services.search import SavedSearches, reindex
from services.search.saved import query_of, stored_query
from services.web.feeds import ATOM, Feed, atom_feed, json_feed
from services.web.query import SearchParams
from tests.unit.web_support import HOST, House, open_house

VACCINE = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên"]
FIRE = ["Số: 12/UBND-NC", "V/v phòng cháy chữa cháy"]
API = "/api/v1/searches"
NOW = dt.datetime(2026, 11, 20, 3, 14, 15, 123456, tzinfo=dt.UTC)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=Limits(saved_searches=3)) as house:
        yield house


async def settled(house: House) -> None:
    """Do what the workers do: read, index, evaluate."""
    await house.work()
    while await house.site.saved.evaluate():
        pass


async def saved(house: House, q: str = "vắc xin", **query: Any) -> str:
    answer = await house.client.post(API, json={"name": "Tiêm chủng", "query": {"q": q, **query}})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{API}/{answer.json()['id']}"
    await settled(house)
    return str(answer.json()["id"])


async def new(house: House, search: str, **params: Any) -> tuple[list[str], str]:
    await settled(house)
    answer = (await house.client.get(f"{API}/{search}/new", params=params)).json()
    return [item["document"]["id"] for item in answer["items"]], answer["next"]


async def test_what_is_there_is_seen_and_what_comes_is_new_once(house: House) -> None:
    await house.seed(VACCINE, "cu.pdf")
    search = await saved(house)
    assert (await house.client.get(f"{API}/{search}")).json()["started"] is True
    assert (await new(house, search))[0] == []
    first = await house.seed([*VACCINE, "mới"], "a.pdf")
    await house.seed(FIRE, "b.pdf")
    second = await house.seed([*VACCINE, "mới nữa"], "c.pdf")
    found, cursor = await new(house, search)
    assert found == [first, second]
    assert await new(house, search, since=cursor) == ([], cursor)
    (only,), middle = await new(house, search, limit=1)
    assert only == first
    assert (await new(house, search, since=middle))[0] == [second]


async def test_a_correction_makes_news_only_when_the_document_comes_to_match(house: House) -> None:
    seen, other = await house.seed(VACCINE, "a.pdf"), await house.seed(FIRE, "b.pdf")
    search = await saved(house)
    for document, subject in ((seen, "V/v tiêm vắc xin cho trẻ"), (other, "V/v bảo quản vắc xin")):
        etag = (await house.client.get(f"/api/v1/documents/{document}")).headers["etag"]
        address = f"/api/v1/documents/{document}/record"
        answer = await house.client.patch(address, json={"subject": subject}, headers={"If-Match": etag})
        assert answer.status_code == 200, answer.text
    assert (await new(house, search))[0] == [other]
    etag = (await house.client.get(f"/api/v1/documents/{other}")).headers["etag"]
    address = f"/api/v1/documents/{other}/record"
    await house.client.patch(address, json={"subject": "V/v khác"}, headers={"If-Match": etag})
    assert (await new(house, search))[0] == [other]


async def test_the_trash_hides_and_the_purge_removes(house: House) -> None:
    search = await saved(house)
    document = await house.seed(VACCINE)
    assert (await new(house, search))[0] == [document]
    await house.client.delete(f"/api/v1/documents/{document}")
    assert (await new(house, search))[0] == []
    assert (await house.client.get(f"{API}/{search}")).json()["found"] == 0
    await house.client.post(f"/api/v1/documents/{document}/restore")
    assert (await new(house, search))[0] == [document]
    await house.client.delete(f"/api/v1/documents/{document}")
    assert (await house.client.post(f"/api/v1/documents/{document}/purge", json={})).status_code == 204
    assert (await new(house, search))[0] == []
    assert (await house.client.get(f"{API}/{search}")).json()["new"] == 0


async def test_a_document_that_became_part_of_another_is_told_no_more(house: House) -> None:
    search = await saved(house)
    document = await house.seed(VACCINE, pages=2)
    source = (await house.client.get(f"/api/v1/documents/{document}")).json()["source_id"]
    address, any_version = f"/api/v1/sources/{source}/documents", {"If-Match": "*"}
    cut = [{"first_page": 1, "last_page": 1}, {"first_page": 2, "last_page": 2}]
    assert (await house.client.put(address, json=cut, headers=any_version)).status_code == 200
    found, _ = await new(house, search)
    assert (document in found, len(found)) == (True, 2)
    whole = [{"first_page": 1, "last_page": 2}]
    assert (await house.client.put(address, json=whole, headers=any_version)).status_code == 200
    assert len((await new(house, search))[0]) == 1


async def test_a_rebuild_of_the_index_makes_no_news(house: House) -> None:
    await house.seed(VACCINE)
    search = await saved(house)
    await reindex(house.archive, house.writer)
    assert (await new(house, search))[0] == []


async def test_what_came_in_before_the_first_evaluation_is_new(house: House) -> None:
    answer = await house.client.post(API, json={"name": "x", "query": {"q": "vắc xin"}})
    document = await house.seed(VACCINE)
    assert (await new(house, answer.json()["id"]))[0] == [document]


async def test_what_was_found_is_marked_as_seen(house: House) -> None:
    search = await saved(house)
    await house.seed(VACCINE)
    await settled(house)
    state = (await house.client.get(f"{API}/{search}")).json()
    assert (state["new"], state["found"]) == (1, 1)
    state = (await house.client.patch(f"{API}/{search}", json={"seen": state["cursor"]})).json()
    assert (state["new"], state["found"]) == (0, 1)
    assert [s["new"] for s in (await house.client.get(API)).json()["items"]] == [0]


async def test_another_query_begins_anew_and_another_name_does_not(house: House) -> None:
    search = await saved(house)
    old = await house.seed(VACCINE, "a.pdf")
    fire = await house.seed(FIRE, "b.pdf")
    renamed = (await house.client.patch(f"{API}/{search}", json={"name": " Vắc  xin "})).json()
    assert renamed["name"] == "Vắc xin"
    assert (await new(house, search))[0] == [old]
    changed = (await house.client.patch(f"{API}/{search}", json={"query": {"q": "cháy"}})).json()
    assert (changed["query"], changed["started"]) == ({"q": "cháy"}, False)
    assert (await new(house, search))[0] == []
    again = await house.seed([*FIRE, "lần nữa"], "c.pdf")
    found, cursor = await new(house, search)
    assert found == [again]
    assert fire not in found
    assert (await new(house, search, since=cursor))[0] == []


async def test_a_search_that_makes_no_sense_is_refused(house: House) -> None:
    for body, status in (
        ({"name": "x", "query": {"q": "y" * 5001}}, 422),
        ({"name": " ", "query": {}}, 422),
        ({"name": "x", "query": {"issuers": ["bo-y-te"]}}, 422),
        ({"name": "x"}, 422),
        ({"name": "x", "query": {"year": ["last"]}}, 422),
        ({"name": "x", "query": {"from": "2021-02-02", "to": "2021-02-01"}}, 422),
        ({"name": "x", "query": {"q": "\ud800"}}, 422),
    ):
        answer = await house.client.post(API, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == status, body
    search = await saved(house)
    for patch in ({"color": "red"}, {"name": ""}, {"name": None}, {"seen": "nonsense"}, {"query": {"kind": "CV"}}):
        assert (await house.client.patch(f"{API}/{search}", json=patch)).status_code == 422, patch
    for _ in range(2):
        await saved(house)
    refused = await house.client.post(API, json={"name": "x", "query": {}})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_searches")
    assert (await house.client.delete(f"{API}/{search}")).status_code == 204
    assert (await house.client.get(f"{API}/{search}/new")).status_code == 404
    await saved(house)


async def test_the_feeds_say_the_same_with_absolute_addresses(house: House) -> None:
    search = await saved(house)
    document = await house.seed(VACCINE)
    await settled(house)
    page = f"{HOST}/documents/{document}?q=v%E1%BA%AFc+xin"
    answer = await house.client.get(f"{API}/{search}/feed.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["feed_url"]) == ("Tiêm chủng", f"{HOST}{API}/{search}/feed.json")
    (item,) = feed["items"]
    assert (item["id"], item["url"]) == (f"urn:uuid:{document}", page)
    assert "3030/UBND-KGVX" in item["title"]
    answer = await house.client.get(f"{API}/{search}/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    (entry,) = root.findall(f"{{{ATOM}}}entry")
    assert entry.findtext(f"{{{ATOM}}}id") == f"urn:uuid:{document}"
    assert [link.get("href") for link in entry.findall(f"{{{ATOM}}}link")] == [page]
    assert entry.findtext(f"{{{ATOM}}}title") == item["title"]
    assert root.findtext(f"{{{ATOM}}}updated") == item["date_published"]


@pytest.mark.parametrize("name", ["feed.json", "feed.atom"])
async def test_a_feed_is_sent_again_only_when_something_is_new(house: House, name: str) -> None:
    search = await saved(house)
    await house.seed(VACCINE, "a.pdf")
    await settled(house)
    address = f"{API}/{search}/{name}"
    first = await house.client.get(address)
    etag, changed = first.headers["etag"], first.headers["last-modified"]
    assert (await house.client.get(address, headers={"If-None-Match": etag})).status_code == 304
    assert (await house.client.get(address, headers={"If-Modified-Since": changed})).status_code == 304
    earlier = format_datetime(parsedate_to_datetime(changed) - dt.timedelta(seconds=1), usegmt=True)
    for headers in (
        {"If-Modified-Since": earlier},
        {"If-Modified-Since": "yesterday"},
        {"If-None-Match": '"x"', "If-Modified-Since": changed},
    ):
        assert (await house.client.get(address, headers=headers)).status_code == 200, headers
    await house.seed([*VACCINE, "nữa"], "b.pdf")
    await settled(house)
    second = await house.client.get(address, headers={"If-None-Match": etag})
    assert (second.status_code, second.headers["etag"] != etag) == (200, True)


def test_whatever_was_read_the_feeds_are_well_formed() -> None:
    hostile = "\x00\x07]]>&<b>\ud800\ufffe\U0001f600 V/v “họp” \x1b[31m"
    document = DocumentRef(id="0198f3a2-6c1e-7d35-9b1f-2f0a5e6c7d80", symbol=hostile, subject=hostile, issuer=hostile)
    search = SavedSearch(
        id="0198f3a2-6c1e-7d35-9b1f-2f0a5e6c7d85", name=hostile, query={"q": "a&b<c"}, started=True, new=1, found=1,
        cursor="x", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    feed = Feed(search, [NewDocument(document=document, found_at=NOW, cursor="x")], "http://localhost")
    root = ET.fromstring(atom_feed(feed))
    titles = [node.text or "" for node in root.iter(f"{{{ATOM}}}title")]
    assert all("]]>&<b>" in text and "\x07" not in text and "\U0001f600" in text for text in titles)
    assert len(titles) == 2
    assert root.findtext(f"{{{ATOM}}}updated") == "2026-11-20T03:14:15Z"
    assert b"\\u0007" not in json_feed(feed)
    assert b"a%26b%3Cc" in json_feed(feed)


def test_an_unnamed_document_is_named_by_its_id() -> None:
    search = SavedSearch(
        id="s", name="x", query={}, started=True, new=0, found=1, cursor="x", created_at=NOW, updated_at=NOW
    )
    feed = Feed(search, [NewDocument(document=DocumentRef(id="d"), found_at=NOW, cursor="x")], "http://localhost")
    assert b'"title": "d"' in json_feed(feed)


def test_a_stored_query_is_the_query() -> None:
    params = SearchParams.model_validate(
        {
            "q": "x",
            "issuer": ["a/b", "c"],
            "from": "2021-01-02",
            "due_to": "2022-01-01",
            "marks": "strict",
            "literal": True,
        }
    )
    query = params.query()
    stored = stored_query(query)
    assert query_of(stored) == query
    assert stored["from"] == "2021-01-02"
    assert SearchParams.model_validate(stored) == params
    assert stored_query(query_of({})) == {}


async def test_a_query_that_cannot_be_asked_any_more_says_so_and_stops_no_other(house: House) -> None:
    long = await saved(house, "vắc xin " * 30)
    short = await saved(house)
    site = house.site.search
    site._limits = site._limits.model_copy(update={"query_chars": 100})
    document = await house.seed(VACCINE)
    assert (await new(house, short))[0] == [document]
    state = (await house.client.get(f"{API}/{long}")).json()
    assert (state["found"], state["failure"]["code"]) == (0, "query_too_long")
    assert isinstance(house.site.saved, SavedSearches)
