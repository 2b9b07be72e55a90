"""The pages for people: what they show, what they lead to, what they never let through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.core.ids import new_id
from tests.unit.web_support import PDF, House, open_house

LINES = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên", "Khẩn trương tổ chức tiêm vắc xin phòng dịch."]
HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "link", "input", "img", "br", "rect", "path", "circle"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


class Tags(HTMLParser):
    """The start tags of a page with the tag that they stand in, and the text in each of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == [], "a page whose tags do not close"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {k: v or "" for k, v in attrs}, tuple(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def of(self, tag: str, inside: str | None = None) -> list[dict[str, str]]:
        """Return the attributes of each such tag."""
        return [attrs for name, attrs, around in self.found if name == tag and (inside is None or inside in around)]

    def text(self, tag: str) -> list[str]:
        """Return the texts directly inside such tags."""
        return [data for name, data in self.texts if name == tag]


def addresses() -> Iterator[str]:
    yield from ("/", "/search", "/search?q=v%E1%BA%AFc+xin", "/upload", "/review", "/docs", "/docs/tasks")


async def page(house: House, address: str, status: int = 200, language: str = "vi") -> Tags:
    answer = await house.client.get(address, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Tags(answer.text)


@pytest.mark.parametrize("empty", [True, False])
async def test_every_page_is_well_formed_and_runs_nothing_inline(house: House, empty: bool) -> None:
    more = []
    if not empty:
        document = await house.seed(LINES)
        batch = await house.send({"a.pdf": PDF, "b.pdf": b""})
        more = [f"/documents/{document}", f"/documents/{document}?q=tiem", f"/batches/{batch}"]
        more += [f"/documents/{document}/trash", f"/batches/{batch}?state=failed"]
    for address in [*addresses(), *more]:
        for language in ("vi", "en"):
            tags = await page(house, address, language=language)
            for name, attrs, _ in tags.found:
                assert not [a for a in attrs if a.startswith("on") or a == "style"], (address, name)
                assert name != "style"
                assert name != "script" or attrs["src"].startswith("/static/")
            assert len(tags.of("h1")) == 1, address
            assert tags.of("html")[0]["lang"] == language


async def test_pages_carry_a_policy_without_inline_code(house: House) -> None:
    policy = (await house.client.get("/")).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_static_files_are_there_under_the_addresses_of_the_pages(house: House) -> None:
    tags = await page(house, "/")
    for link in tags.of("link"):
        assert (await house.client.get(link["href"])).status_code == 200


async def test_a_result_leads_first_of_all_to_its_document_with_the_query(house: House) -> None:
    document = await house.seed(LINES)
    await house.seed(["Kế hoạch phòng cháy chữa cháy"], name="other.pdf")
    tags = await page(house, "/search?q=tiem+vac+xin")
    (article,) = tags.of("article")
    assert article is not None
    first = tags.of("a", inside="article")[0]["href"]
    assert first.startswith(f"/documents/{document}?q=tiem")
    assert "tiêm" in " ".join(tags.text("mark"))
    assert (await house.client.get(first)).status_code == 200


async def test_facets_are_links_in_a_nav_that_pick_and_drop(house: House) -> None:
    await house.seed(LINES)
    tags = await page(house, "/search?q=tiem")
    facets = [a["href"] for a in tags.of("a", inside="nav") if a.get("rel") == "nofollow"]
    assert facets
    picked = await page(house, facets[0])
    assert len(picked.of("article")) == 1
    chosen = [a for a in picked.of("a", inside="nav") if a.get("aria-current") and a.get("rel") == "nofollow"]
    assert [a["href"] for a in chosen] == ["/search?q=tiem"]


async def test_the_search_box_keeps_what_was_typed(house: House) -> None:
    tags = await page(house, '/search?q=%22%3E%3Cb%3E"')
    assert [i["value"] for i in tags.of("input") if i.get("name") == "q" and i["type"] == "search"] == ['"><b>"']
    assert not tags.of("b", inside="h1")


async def test_the_document_page_puts_the_marks_over_the_words(house: House) -> None:
    document = await house.seed(LINES)
    tags = await page(house, f"/documents/{document}?q=vac+xin")
    marks = tags.of("rect", inside="svg")
    assert marks
    x, y = 50 + 45 * 2, 60 + 20  # "vắc" is the third word of the second line
    inside = [
        m
        for m in marks
        if float(m["x"][:-1]) <= (x + 1) / 595 * 100 <= float(m["x"][:-1]) + float(m["width"][:-1])
        and float(m["y"][:-1]) <= (y + 1) / 842 * 100 <= float(m["y"][:-1]) + float(m["height"][:-1])
    ]
    assert inside
    (picture,) = tags.of("img")
    assert picture["src"] == f"/api/v1/documents/{document}/pages/1/image?width=1240"
    links = {a["href"] for a in tags.of("a")}
    assert f"/api/v1/documents/{document}" in links
    assert any(link.endswith("/original?inline=true") for link in links)


async def test_a_long_document_is_shown_in_parts_and_opens_at_the_first_hit(house: House) -> None:
    document = await house.seed(LINES, pages=45)
    first = await page(house, f"/documents/{document}")
    assert len(first.of("img")) == 20
    assert sum(i.get("loading") == "lazy" for i in first.of("img")) == 19
    third = await page(house, f"/documents/{document}?page=44")
    assert [s["id"] for s in third.of("section") if s.get("id", "").startswith("page-")] == [
        f"page-{n}" for n in range(41, 46)
    ]


async def test_a_document_read_elsewhere_shows_its_text_with_marks(house: House) -> None:
    batch = await house.send({"a.txt": "Công văn về tiêm vắc xin ưu tiên.\n".encode()})
    await house.work()
    (item,) = await house.items(batch)
    tags = await page(house, f"/documents/{item.document_ids[0]}?q=vắc+xin")
    assert tags.of("img") == []
    assert "vắc" in " ".join(tags.text("mark"))


async def test_hostile_text_names_and_labels_are_only_ever_text(house: House) -> None:
    document = await house.seed([f"V/v {HOSTILE} tiêm vắc xin {HOSTILE}"], name=f'{HOSTILE}".pdf', label=HOSTILE)
    (batch,) = (await house.client.get("/api/v1/batches")).json()["items"]
    etag = {"If-Match": "*"}
    record = {"subject": HOSTILE, "issuer": HOSTILE, "place": '" onload="x'}
    assert (await house.client.patch(f"/api/v1/documents/{document}/record", json=record, headers=etag)).is_success
    await house.work()
    for address in (
        f"/documents/{document}?q=%3Cscript%3E",
        f"/documents/{document}?q=tiem",
        "/search?q=tiem+vac+xin",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        f"/batches/{batch['id']}",
        "/",
        "/review",
    ):
        tags = await page(house, address)
        assert all(s.get("src", "").startswith("/static/") for s in tags.of("script")), address
        assert not [a for _, attrs, _ in tags.found for a in attrs if a.startswith("on")], address
    text = await house.client.get(f"/api/v1/documents/{document}/text")
    assert text.headers["content-type"].startswith("text/plain")
    assert text.headers["x-content-type-options"] == "nosniff"


async def test_an_upload_through_the_page_lands_on_its_batch(house: House) -> None:
    tags = await page(house, "/upload")
    first = next(i for i in tags.of("input", inside="form") if i["type"] == "file")
    assert "multiple" in first
    assert tags.of("button")[-1]["type"] == "submit"
    parts = [(first["name"], ("một.pdf", PDF + b"1")), (first["name"], ("hai.pdf", b""))]
    answer = await house.client.post("/upload", files=parts, data={"label": "Thử", "on_duplicate": "link"})
    assert answer.status_code == 303
    shown = await page(house, answer.headers["location"])
    names = " ".join(shown.text("td"))
    assert "một.pdf" in names
    assert "hai.pdf" in names
    assert any("0 byte" in reason for reason in shown.text("span"))
    assert [m["content"] for m in shown.of("meta", inside="noscript")] == ["4"]
    await house.work()
    done = await page(house, answer.headers["location"])
    assert done.of("meta", inside="noscript") == []
    assert not any("batch.js" in script.get("src", "") for script in done.of("script"))


async def test_an_upload_without_a_file_is_asked_again(house: House) -> None:
    as_browsers_send_it = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await house.client.post("/upload", content=as_browsers_send_it, headers=headers)
    assert answer.status_code == 422
    assert Tags(answer.text).of("form")
    assert (await house.client.get("/api/v1/batches")).json()["items"] == []


async def test_the_buttons_of_a_batch_work_without_javascript(house: House) -> None:
    batch = await house.send({"a.pdf": PDF})
    tags = await page(house, f"/batches/{batch}")
    acts = {form["action"].rsplit("/", 1)[-1] for form in tags.of("form") if form.get("method") == "post"}
    assert acts == {"pause", "cancel"}
    for act in ("pause", "resume", "cancel", "retry"):
        assert (await house.client.post(f"/batches/{batch}/{act}")).headers["location"] == f"/batches/{batch}"
    assert (await house.client.post(f"/batches/{batch}/explode")).status_code == 422


async def test_retry_is_offered_only_where_there_is_something_to_retry(house: House) -> None:
    refused = await house.send({"rỗng.pdf": b""})
    assert not (await page(house, f"/batches/{refused}")).of("form", inside="main")
    given_up = await house.send({"a.pdf": PDF})
    await house.client.post(f"/batches/{given_up}/cancel")
    actions = [form["action"] for form in (await page(house, f"/batches/{given_up}")).of("form", inside="main")]
    (item,) = await house.items(given_up)
    assert actions == [f"/batches/{given_up}/retry", f"/batches/{given_up}/items/{item.id}/retry"]


async def test_the_review_page_leads_to_what_failed(house: House) -> None:
    batch = await house.send({"rỗng.pdf": b""})
    tags = await page(house, "/review")
    assert any(a["href"].startswith(f"/batches/{batch}?state=failed#item-") for a in tags.of("a"))
    assert "rỗng.pdf" in " ".join(tags.text("a"))


async def test_the_trash_asks_first_and_gives_back(house: House) -> None:
    document = await house.seed(LINES)
    asked = await page(house, f"/documents/{document}/trash")
    assert any(form["action"] == f"/documents/{document}/trash" for form in asked.of("form"))
    assert (await house.client.post(f"/documents/{document}/trash", data={"reason": "nhầm"})).status_code == 303
    gone = await page(house, f"/documents/{document}", 410)
    assert any(form["action"] == f"/documents/{document}/restore" for form in gone.of("form"))
    assert (await house.client.post(f"/documents/{document}/restore")).status_code == 303
    await page(house, f"/documents/{document}")


async def test_a_whole_file_goes_to_the_trash_and_comes_back(house: House) -> None:
    document = await house.seed(LINES)
    source = (await house.client.get(f"/api/v1/documents/{document}")).json()["source_id"]
    await page(house, f"/sources/{source}/trash")
    assert (await house.client.post(f"/sources/{source}/trash", data={"reason": "nhầm"})).status_code == 303
    await page(house, f"/documents/{document}", 410)
    assert (await house.client.post(f"/documents/{document}/restore")).status_code == 303
    await page(house, f"/documents/{document}")


async def test_errors_are_pages_for_browsers(house: House) -> None:
    for address, status in ((f"/documents/{new_id()}", 404), ("/nowhere", 404), ("/search?limit=x", 422)):
        tags = await page(house, address, status)
        assert tags.of("h1")


async def test_the_language_chosen_is_remembered(house: House) -> None:
    chosen = await house.client.get("/upload?lang=en", headers={"Accept-Language": "vi"})
    assert "Upload scans" in chosen.text
    after = await house.client.get("/upload", headers={"Accept-Language": "vi"})
    assert "Upload scans" in after.text
    assert "Tải bản quét lên" in (await house.client.get("/upload?lang=vi")).text


@pytest.mark.parametrize(
    ("referer", "leads_back"),
    [
        ("http://localhost:8000/tasks?state=all", "/tasks?state=all"),
        ("http://elsewhere.example/tasks", None),
        ("http://localhost:8000//elsewhere.example/", None),
        ("", None),
    ],
)
async def test_an_error_leads_back_to_the_page_of_ours_it_came_from(
    house: House, referer: str, leads_back: str | None
) -> None:
    headers = {"Accept": "text/html", "Referer": referer}
    answer = await house.client.get(f"/documents/{new_id()}", headers=headers)
    assert answer.status_code == 404
    links = [a["href"] for a in Tags(answer.text).of("a", inside="main")]
    assert links == ([leads_back] if leads_back else []) + ["/"]
