"""The archive in IIIF viewers: manifests held to Presentation 3, searches asked as Mirador and Universal Viewer ask."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.core.model import JSON, PageInfo, PageState, PageStatus, PageText, Triage
from services.web.iiif.canvases import CanvasSize, Region
from services.web.iiif.results import PASSAGES_A_PAGE
from services.web.iiif.wording import metadata
from tests.unit.web_support import HEIGHT, HOST, WIDTH, CannedReader, House, P, open_house

LINES = [
    "Số: 77/UBND-VX",
    "Kính gửi: Sở Y tế.",
    "1. Sở Y tế tiêm vắc xin ưu tiên theo",
    "thứ tự.",
    "2. Công an tỉnh kiểm tra các chốt.",
    "3. Báo cáo số liều vaccine còn lại.",
]
ELSEWHERE = {"Origin": "https://mirador.example"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def manifest_of(house: House, document_id: str) -> dict[str, Any]:
    answer = await house.client.get(f"/iiif/{document_id}/manifest", headers=ELSEWHERE)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# --------------------------------------------------------------------------- Presentation 3, as the specification says

REQUIRED = {
    "Collection": {"id", "type", "label", "items"},
    "Manifest": {"id", "type", "label", "items"},
    "Canvas": {"id", "type", "items", "width", "height"},
    "AnnotationPage": {"id", "type", "items"},
    "Annotation": {"id", "type", "motivation", "body", "target"},
    "Range": {"id", "type", "items"},
}
ALLOWED = {
    "Collection": {"@context", "metadata", "homepage"},
    "Manifest": {
        *("@context", "metadata", "thumbnail", "homepage", "rendering", "seeAlso", "service", "navDate", "structures"),
    },
    "Canvas": {"label", "thumbnail", "seeAlso"},
    "AnnotationPage": set(),
    "Annotation": set(),
    "Range": {"label"},
}
ITEMS = {
    "Collection": {"Collection", "Manifest"},
    "Manifest": {"Canvas"},
    "Canvas": {"AnnotationPage"},
    "AnnotationPage": {"Annotation"},
    "Range": {"Range", "Canvas", "SpecificResource"},
}
REFERENCES = {("Collection", "Manifest"), ("Range", "Canvas")}
"""What stands inside by id alone (3.0, 5.4: a canvas within a range; 5.1: a manifest within a collection)."""


def check(resource: JSON, kind: str, seen: set[str]) -> None:
    """Hold one resource, and all within it, to the tables of Presentation 3.0."""
    assert resource["type"] == kind
    assert set(resource) >= REQUIRED[kind], (kind, REQUIRED[kind] - set(resource))
    assert set(resource) <= REQUIRED[kind] | ALLOWED[kind], (kind, set(resource) - REQUIRED[kind] - ALLOWED[kind])
    assert re.fullmatch(r"https?://[^\s#]+", resource["id"]), resource["id"]
    assert resource["id"] not in seen, f"{resource['id']} is there twice"
    seen.add(resource["id"])
    if "label" in resource:
        check_language_map(resource["label"])
    for pair in resource.get("metadata", ()):
        assert set(pair) == {"label", "value"}
        check_language_map(pair["label"])
        check_language_map(pair["value"])
    for name in ("thumbnail", "homepage", "rendering", "seeAlso"):
        for linked in resource.get(name, ()):
            check_linked(linked, labelled=name != "thumbnail")
    if kind == "Annotation":
        return
    assert resource["items"], f"{kind} is empty"
    for item in resource["items"]:
        assert item["type"] in ITEMS[kind], (kind, item["type"])
        if (kind, item["type"]) in REFERENCES:
            assert {"id", "type"} <= set(item) <= {"id", "type", "label", "thumbnail", "navDate"}
        else:
            check(item, item["type"], seen)
    for range_ in resource.get("structures", ()):
        check(range_, "Range", seen)


def check_language_map(words: JSON) -> None:
    assert words
    for language, values in words.items():
        assert language in {"vi", "en", "none"}
        assert values
        assert all(isinstance(value, str) and value for value in values)


def check_linked(linked: JSON, *, labelled: bool) -> None:
    assert linked["id"].startswith(HOST)
    assert linked["type"] in {"Text", "Image", "Dataset"}
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", linked["format"])
    assert ("label" in linked) == labelled
    if labelled:
        check_language_map(linked["label"])


def painted(manifest: JSON) -> Iterator[tuple[JSON, JSON]]:
    """Yield every canvas with what is painted on it."""
    for canvas in manifest["items"]:
        (page,) = canvas["items"]
        (painting,) = page["items"]
        yield canvas, painting


# --------------------------------------------------------------------------- the manifest


async def test_a_scan_is_a_manifest_that_keeps_to_presentation_3(house: House) -> None:
    document_id = await house.seed(LINES, pages=3)
    manifest = await manifest_of(house, document_id)
    assert manifest["@context"] == "http://iiif.io/api/presentation/3/context.json"
    check(manifest, "Manifest", set())
    assert manifest["id"] == f"{HOST}/iiif/{document_id}/manifest"
    assert manifest["label"] == {"vi": ["77/UBND-VX"]}
    values = {pair["label"]["vi"][0]: pair["value"] for pair in manifest["metadata"]}
    assert values["Số, ký hiệu"] == {"none": ["77/UBND-VX"]}
    assert values["Kính gửi"] == {"vi": ["Sở Y tế"]}
    assert "rights" not in manifest  # the archive knows nothing of them
    assert [canvas["label"]["vi"] for canvas, _ in painted(manifest)] == [["trang 1"], ["trang 2"], ["trang 3"]]


async def test_each_canvas_has_the_size_of_the_picture_that_is_served(house: House) -> None:
    manifest = await manifest_of(house, await house.seed(LINES, pages=2))
    for canvas, painting in painted(manifest):
        body = painting["body"]
        assert (painting["motivation"], painting["target"]) == ("painting", canvas["id"])
        assert (body["type"], body["format"]) == ("Image", "image/jpeg")
        assert (body["width"], body["height"]) == (canvas["width"], canvas["height"])
        for picture in (body, *canvas["thumbnail"]):
            answer = await house.client.get(picture["id"], headers=ELSEWHERE)
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert Image.open(io.BytesIO(answer.content)).size == (picture["width"], picture["height"])


async def test_every_address_in_a_manifest_answers(house: House) -> None:
    manifest = await manifest_of(house, await house.seed(LINES))
    (canvas,) = manifest["items"]
    for linked in (*manifest["rendering"], *manifest["seeAlso"], *manifest["homepage"], *canvas["seeAlso"]):
        answer = await house.client.get(linked["id"])
        assert answer.status_code == 200, linked
        assert answer.headers["content-type"].split(";")[0] == linked["format"]


async def test_clauses_become_ranges_that_lead_to_their_pages(house: House) -> None:
    manifest = await manifest_of(house, await house.seed(LINES))
    assert [r["label"]["vi"][0] for r in manifest["structures"]] == [
        "1. Sở Y tế tiêm vắc xin ưu tiên theo thứ tự.",
        "2. Công an tỉnh kiểm tra các chốt.",
        "3. Báo cáo số liều vaccine còn lại.",
    ]
    assert manifest["structures"][0]["items"] == [{"id": manifest["items"][0]["id"], "type": "Canvas"}]


async def test_a_guess_says_that_it_is_one(house: House) -> None:
    found = await house.archive.documents.get(P, await house.seed(LINES))
    sure = {pair["label"]["en"][0]: pair["value"] for pair in metadata(found)}
    assert sure["Number, symbol"] == {"none": ["77/UBND-VX"]}
    evidence = found.evidence["symbol"].model_copy(update={"confirmed": False})
    doubted = found.model_copy(update={"evidence": {**found.evidence, "symbol": evidence}})
    pairs = {pair["label"]["en"][0]: pair["value"] for pair in metadata(doubted)}
    assert pairs["Number, symbol"] == {"vi": ["77/UBND-VX (chưa xác nhận)"], "en": ["77/UBND-VX (unconfirmed)"]}


async def test_the_same_manifest_is_not_sent_twice_and_a_correction_makes_another(house: House) -> None:
    document_id = await house.seed(LINES)
    here = f"/iiif/{document_id}/manifest"
    first = await house.client.get(here)
    assert first.headers["content-type"] == (
        'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'
    )
    again = await house.client.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    patch = {"subject": "Tiêm vắc xin"}
    etag = (await house.client.get(f"/api/v1/documents/{document_id}")).headers["etag"]
    changed = await house.client.patch(
        f"/api/v1/documents/{document_id}/record", json=patch, headers={"If-Match": etag}
    )
    assert changed.status_code == 200
    fresh = await house.client.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert fresh.json()["label"] == {"vi": ["77/UBND-VX · Tiêm vắc xin"]}


async def test_viewers_elsewhere_may_read_a_document_and_nothing_more(house: House) -> None:
    document_id = await house.seed(LINES)
    asking = {**ELSEWHERE, "Access-Control-Request-Method": "GET"}
    for address in (f"/iiif/{document_id}/manifest", f"/api/v1/documents/{document_id}/pages/1/image"):
        preflight = await house.client.options(address, headers=asking)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
        assert "access-control-allow-credentials" not in preflight.headers
    unknown = await house.client.get("/iiif/00000000-0000-7000-8000-000000000000/manifest", headers=ELSEWHERE)
    assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (404, "*")
    for closed in ("/api/v1/search", "/api/v1/changes", "/", f"/documents/{document_id}"):
        answer = await house.client.get(closed, headers=ELSEWHERE)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers, closed
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_text_has_no_manifest_and_says_why(house: House) -> None:
    batch = await house.send({"cv.txt": "\n".join(LINES).encode()})
    await house.work()
    (item,) = await house.items(batch)
    (document_id,) = item.document_ids
    for address in ("manifest", "search/1?q=thuoc", "search/2?q=thuoc"):
        answer = await house.client.get(f"/iiif/{document_id}/{address}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_pictures")
    assert (await house.client.get(f"/api/v1/documents/{document_id}")).json()["links"]["iiif"] is None
    assert "IIIF" not in (await house.client.get(f"/documents/{document_id}")).text


async def test_what_lies_in_the_trash_is_gone_here_too(house: House) -> None:
    document_id = await house.seed(LINES)
    await house.client.delete(f"/api/v1/documents/{document_id}")
    for address in ("manifest", "search/1?q=thuoc", "search/2?q=thuoc"):
        assert (await house.client.get(f"/iiif/{document_id}/{address}")).status_code == 410


async def test_the_document_page_and_its_json_lead_to_the_manifest(house: House) -> None:
    document_id = await house.seed(LINES)
    manifest = f"{HOST}/iiif/{document_id}/manifest"
    page = (await house.client.get(f"/documents/{document_id}")).text
    encoded = manifest.replace(":", "%3A").replace("/", "%2F")
    assert f'<a href="{manifest}?manifest={encoded}"' in page  # what viewers read when it is dropped on them
    assert (await house.client.get(f"/api/v1/documents/{document_id}")).json()["links"]["iiif"] == (
        f"/iiif/{document_id}/manifest"
    )


async def test_a_dossier_is_a_collection_of_manifests(house: House) -> None:
    document_id = await house.seed(LINES)
    form = {"code": "01.TCCB", "title": "Tiêm chủng"}
    dossier = (await house.client.post("/api/v1/dossiers", json=form)).json()["id"]
    empty = (await house.client.get(f"/iiif/dossiers/{dossier}/collection")).json()
    assert empty["items"] == []
    await house.client.post(f"/documents/{document_id}/dossiers", data={"code": "01.TCCB"})
    collection = (await house.client.get(f"/iiif/dossiers/{dossier}/collection")).json()
    check(collection, "Collection", set())
    assert collection["label"] == {"vi": ["01.TCCB · Tiêm chủng"]}
    assert [item["id"] for item in collection["items"]] == [f"{HOST}/iiif/{document_id}/manifest"]


# --------------------------------------------------------------------------- searching inside


async def search(house: House, document_id: str, version: int, **asked: str | int) -> dict[str, Any]:
    """Ask as viewers do: at the address that the manifest gives, from another origin."""
    manifest = await manifest_of(house, document_id)
    services = {service.get("@type") or service["type"]: service for service in manifest["service"]}
    service = services[f"SearchService{version}"]
    answer = await house.client.get(service.get("@id") or service["id"], params=asked, headers=ELSEWHERE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    return dict(answer.json())


def pixels(x0: float, y0: float, x1: float, y1: float) -> str:
    """Return where a box in points stands on an A4 canvas of 1653 x 2339 pixels."""
    x, y = int(x0 * 1653 / WIDTH), int(y0 * 2339 / HEIGHT)
    right, bottom = -int(-x1 * 1653 // WIDTH), -int(-y1 * 2339 // HEIGHT)
    return f"xywh={x},{y},{right - x},{bottom - y}"


async def test_mirador_finds_the_words_and_where_they_stand(house: House) -> None:
    document_id = await house.seed(LINES)
    manifest = await manifest_of(house, document_id)
    (service, _) = manifest["service"]
    assert service["@context"] == "http://iiif.io/api/search/1/context.json"
    assert service["profile"] == "http://iiif.io/api/search/1/search"
    found = await search(house, document_id, 1, q="tiem vac xin uu tien")
    assert found["@type"] == "sc:AnnotationList"
    assert found["within"]["total"] == len(found["hits"])
    by_id = {annotation["@id"]: annotation for annotation in found["resources"]}
    first, second = found["hits"]
    assert (first["match"], first["before"][-9:], first["after"][:5]) == ("tiêm vắc xin ưu tiên", " Sở Y tế ", " theo")
    assert second["match"] == "vaccine"  # another word for it
    assert [by_id[i]["on"] for i in first["annotations"]] == [
        f"{manifest['items'][0]['id']}#{pixels(230, 100, 450, 116)}"
    ]
    assert {i for hit in found["hits"] for i in hit["annotations"]} == set(by_id)


async def test_words_across_a_line_end_are_one_hit_with_a_box_on_each_line(house: House) -> None:
    document_id = await house.seed(LINES)
    canvas = f"{HOST}/iiif/{document_id}/canvas/1"
    boxes = [f"{canvas}#{pixels(455, 100, 495, 116)}", f"{canvas}#{pixels(50, 120, 135, 136)}"]
    found = await search(house, document_id, 1, q="theo thứ tự")
    (hit,) = found["hits"]
    assert [annotation["on"] for annotation in found["resources"]] == boxes
    assert hit["annotations"] == [annotation["@id"] for annotation in found["resources"]]
    second = await search(house, document_id, 2, q="theo thứ tự")
    assert [annotation["target"] for annotation in second["items"]] == boxes
    (context,) = second["annotations"][0]["items"]
    assert [target["source"] for target in context["target"]] == [annotation["id"] for annotation in second["items"]]


async def test_version_2_says_the_same_in_its_own_form(house: House) -> None:
    document_id = await house.seed(LINES)
    first = await search(house, document_id, 1, q="tiêm vắc xin")
    found = await search(house, document_id, 2, q="tiêm vắc xin", user="u", motivation="painting")
    assert (found["@context"], found["type"]) == ("http://iiif.io/api/search/2/context.json", "AnnotationPage")
    assert found["ignored"] == ["user", "motivation"]
    assert found["partOf"]["total"] == len(first["hits"])
    assert [(a["body"]["value"], a["target"]) for a in found["items"]] == [
        (a["resource"]["chars"], a["on"]) for a in first["resources"]
    ]
    quotes = [a["target"]["selector"][0] for a in found["annotations"][0]["items"]]
    assert [(q["prefix"], q["exact"], q["suffix"]) for q in quotes] == [
        (hit["before"], hit["match"], hit["after"]) for hit in first["hits"]
    ]
    assert {a["motivation"] for a in found["annotations"][0]["items"]} == {"contextualizing"}


async def test_what_is_not_understood_is_told_in_version_1_too(house: House) -> None:
    document_id = await house.seed(LINES)
    assert (await search(house, document_id, 1, q="thứ", date="2021"))["within"]["ignored"] == ["date"]
    assert "ignored" not in (await search(house, document_id, 1, q="thứ"))["within"]


async def test_nothing_found_and_nothing_asked_are_empty_answers(house: House) -> None:
    document_id = await house.seed(LINES)
    for asked in ({"q": "zzzqqq"}, {"q": ""}, {}):
        found = await search(house, document_id, 1, **asked)
        assert (found["resources"], found["hits"], found["within"]["total"]) == ([], [], 0)
        assert (await search(house, document_id, 2, **asked))["items"] == []
    too_long = await house.client.get(f"/iiif/{document_id}/search/1", params={"q": "a" * 5001})
    assert too_long.status_code == 422


async def test_a_query_of_a_date_is_searched_for_as_words(house: House) -> None:
    document_id = await house.seed([*LINES, "4. Báo cáo trước ngày 20/9/2021."])
    found = await search(house, document_id, 1, q="20/9/2021")
    assert [hit["match"] for hit in found["hits"]] == ["20/9/2021"]


@pytest.mark.parametrize("version", [1, 2])
async def test_many_hits_are_paged_each_once(house: House, version: int) -> None:
    words = "thuốc tốt " * 110
    document_id = await house.seed([*LINES, words, words])
    found = await search(house, document_id, version, q="thuốc")
    total = found["within"]["total"] if version == 1 else found["partOf"]["total"]
    assert total > PASSAGES_A_PAGE
    seen: list[str] = []
    while True:
        seen += [a.get("@id") or a["id"] for a in found["resources" if version == 1 else "items"]]
        following = found.get("next")
        if following is None:
            break
        address = following if version == 1 else following["id"]
        found = (await house.client.get(address)).json()
        assert (found.get("@id") or found["id"]) == address
        assert found["startIndex"] == len(seen)
    assert len(seen) == len(set(seen)) == total
    beyond = await house.client.get(f"/iiif/{document_id}/search/{version}", params={"q": "thuốc", "page": 99})
    assert beyond.json()["resources" if version == 1 else "items"] == []


# --------------------------------------------------------------------------- turned pages


class TurnedReader(CannedReader):
    """A reader whose pages are turned by 90 degrees to stand upright."""

    async def triage(self, path: Path, media_type: str) -> Triage:
        """Return the pages."""
        return Triage(pages=(PageInfo(number=1, width=WIDTH, height=HEIGHT, rotation=90),))

    async def read_page(self, path: Path, media_type: str, number: int, known: Any = None) -> PageText:
        """Return the words on an unrotated page that is turned afterwards."""
        return replace(await super().read_page(path, media_type, number, known), rotation=90)


async def test_on_a_turned_page_boxes_are_turned_with_it(house: House) -> None:
    house.reader = TurnedReader(LINES)
    document_id = await house.seed(LINES)
    (canvas,) = (await manifest_of(house, document_id))["items"]
    assert (canvas["width"], canvas["height"]) == (2339, 1653)
    found = await search(house, document_id, 1, q="Kính")
    (annotation,) = found["resources"]
    # the box (50, 80, 90, 96) of the page, of which the upright picture shows the left edge at its top
    x, y = int((HEIGHT - 96) * 2339 / HEIGHT), int(50 * 1653 / WIDTH)
    right, bottom = -int(-(HEIGHT - 80) * 2339 // HEIGHT), -int(-90 * 1653 // WIDTH)
    assert annotation["on"] == f"{canvas['id']}#xywh={x},{y},{right - x},{bottom - y}"


def page_of(width: float, height: float, rotation: int = 0) -> PageStatus:
    return PageStatus(
        id="p", source_id="s", number=1, width=width, height=height, rotation=rotation, state=PageState.WAITING
    )


def test_a_canvas_is_200_dots_per_inch_within_what_is_drawn() -> None:
    sizes = [CanvasSize.of(page_of(w, h)) for w, h in ((720.0, 360.0), (14400.0, 7200.0), (7.2, 3.6), (72.0, 14400.0))]
    assert [(size.width, size.height) for size in sizes if size] == [(2000, 1000), (3000, 1500), (50, 25), (50, 10000)]
    assert CanvasSize.of(page_of(0.0, 0.0)) is None


def test_words_of_one_line_are_one_region_and_what_lies_off_the_page_is_none() -> None:
    size = CanvasSize.of(page_of(72.0, 72.0))
    assert size is not None
    line = [(1, 10, 5, 14), (6, 11, 9, 15)]
    assert size.regions([*line, (1, 30, 5, 34)]) == [Region(2, 27, 23, 15), Region(2, 83, 12, 12)]
    assert size.regions([(1, 10, 5, 14), (60, 10, 65, 14)]) == [Region(2, 27, 12, 12), Region(166, 27, 15, 12)]
    assert size.regions([(80, 10, 90, 14)]) == []
