"""What an archivist and an official do in a browser: Chromium on a whole archive, with and without JavaScript."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from services.core.model import Box, PageText
from services.web.overlay import Frame, upright
from tests.corpus import SPECS, make_scan
from tests.corpus.model import Scan
from tests.looks import HEIGHTS, SCHEMES, too_wide, violations, visit
from tests.running import RunningArchive, running_archive

pytestmark = pytest.mark.timeout(900)  # scans are read by the real reader; machines may be busy

READ_SECONDS = 300


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def window(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from _window(chromium, javascript=request.param)


@pytest.fixture
def scripted(chromium: Browser) -> Iterator[Page]:
    yield from _window(chromium, javascript=True)


def _window(browser: Browser, *, javascript: bool) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(java_script_enabled=javascript, locale="vi-VN")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong, "the browser complained"


def _upload(window: Page, archive: RunningArchive, folder: Path, *scans: Scan) -> str:
    """Send scans through the upload page and return the address of the batch page."""
    paths = []
    for scan in scans:
        path = folder / scan.name
        path.write_bytes(scan.data)
        paths.append(path)
    window.goto(f"{archive.url}/upload")
    window.locator("input[type=file]").first.set_input_files(paths)
    window.locator("main [type=submit]").last.click()
    window.wait_for_url("**/batches/*")
    return window.url


def _covers(rect: Locator, picture: Locator, page: PageText, word: Box) -> bool:
    """Tell whether a mark on the screen lies over a printed word."""
    on_screen, around = rect.bounding_box(), picture.bounding_box()
    assert on_screen is not None
    assert around is not None
    frame = Frame(page.width, page.height, page.rotation)
    width, _ = frame.upright_size
    scale = around["width"] / width
    place = upright(frame, word)
    x, y = around["x"] + (place.x0 + place.x1) / 2 * scale, around["y"] + (place.y0 + place.y1) / 2 * scale
    inside_x = on_screen["x"] - 1 <= x <= on_screen["x"] + on_screen["width"] + 1
    return inside_x and on_screen["y"] - 1 <= y <= on_screen["y"] + on_screen["height"] + 1


@pytest.mark.parametrize("kind", ["plain", "turned"])
def test_a_scan_goes_in_and_the_word_searched_for_is_marked_on_its_picture(
    window: Page, archive_up: RunningArchive, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    scan = make_scan(SPECS[kind], 71 if "no-javascript" in request.node.name else 70)  # each way reads a new scan
    symbol = str(scan.truth.record.symbol)
    _upload(window, archive_up, tmp_path, scan)
    done = window.locator(".state-done, .state-needs_review, .state-duplicate").first
    expect(done).to_be_visible(timeout=READ_SECONDS * 1000)

    window.goto(f"{archive_up.url}/")
    window.locator("input[name=q]").fill(symbol)
    window.locator("form[role=search] button").first.click()
    first = window.locator("article").first
    expect(first).to_contain_text(symbol)

    word = "cơ"
    window.goto(f"{archive_up.url}/search?q={quote_plus(f'{symbol} {word}')}")
    window.goto(f"{archive_up.url}{_document_of(window)}?q={quote_plus(word)}")
    picture = window.locator("#page-1 img")
    expect(picture).to_be_visible()
    drawn = archive_up.http.get(str(picture.get_attribute("src")))
    assert drawn.headers["content-type"] == "image/jpeg"
    assert drawn.content.startswith(b"\xff\xd8")
    marks = window.locator("#page-1 .hit-box")
    assert marks.count() > 0
    truth = scan.truth.pages[0]
    printed = [w.box for w in truth.words if w.text.strip(".,;:()").lower() == word and w.box is not None]
    assert printed, "the scan does not hold the word"
    hit = [box for box in printed if any(_covers(marks.nth(n), picture, truth, box) for n in range(marks.count()))]
    assert len(hit) >= len(printed) * 0.8, f"{len(hit)} of {len(printed)} printed words are marked"
    if "no-javascript" not in request.node.name:
        _look_closer(window)


def _look_closer(window: Page) -> None:
    """Go from hit to hit, make the picture larger and turn it: the marks stay on it."""
    bar, paper, count = window.locator(".viewer"), window.locator("#page-1 .paper"), window.locator(".viewer-hits")
    window.keyboard.press("n")
    expect(count).to_have_text(re.compile(r"^1 / [1-9]"))
    bar.locator("[value=next]").click()
    expect(window.locator(".sheet .hit-run.now")).to_have_count(1)
    window.keyboard.press("1")
    upright = paper.bounding_box()
    window.keyboard.press("+")
    larger = paper.bounding_box()
    bar.locator("[value=right]").click()
    turned = paper.bounding_box()
    assert upright is not None
    assert larger is not None
    assert turned is not None
    assert larger["width"] > 1.2 * upright["width"]
    assert (turned["width"], turned["height"]) == pytest.approx((larger["height"], larger["width"]), abs=1)


def _document_of(window: Page) -> str:
    address = window.locator("article a").first.get_attribute("href")
    assert address is not None
    return address.split("?", 1)[0]


def test_progress_arrives_without_reloading(scripted: Page, archive_up: RunningArchive, tmp_path: Path) -> None:
    scan = make_scan(SPECS["notice"], 72)
    _upload(scripted, archive_up, tmp_path, scan)
    scripted.evaluate("window.stillHere = true")
    done = scripted.locator(".items .state-done, .items .state-needs_review")
    expect(done).to_have_count(1, timeout=READ_SECONDS * 1000)
    assert scripted.evaluate("window.stillHere") is True


def test_a_record_is_corrected_from_the_keyboard_and_the_correction_taken_back(
    scripted: Page, sample_up: RunningArchive
) -> None:
    scripted.goto(f"{sample_up.url}/search?q=")
    address = _document_of(scripted)
    scripted.goto(f"{sample_up.url}{address}/review")
    entry = scripted.locator(".entry[data-key=subject]")
    entry.focus()
    expect(scripted.locator(".place-box.lit")).to_have_attribute("data-place", "subject")
    scripted.keyboard.press("ArrowUp")
    expect(scripted.locator(".entry[data-key=place]")).to_be_focused()
    scripted.keyboard.press("e")
    scripted.keyboard.press("ControlOrMeta+a")
    scripted.keyboard.type("Điện Biên")
    scripted.keyboard.press("Escape")
    expect(scripted.locator(".entry[data-key=place]")).to_be_focused()
    scripted.get_by_role("button", name="Lưu", exact=True).click()
    expect(scripted.get_by_role("status").filter(has_text="Đã lưu.")).to_be_visible()
    record = sample_up.http.get(f"/api/v1{address}").json()["record"]
    assert record["place"] == "Điện Biên"
    scripted.locator("#history button").first.click()
    expect(scripted.locator("#history button")).to_have_count(0)
    assert sample_up.http.get(f"/api/v1{address}").json()["record"]["place"] != "Điện Biên"


def test_what_is_typed_is_completed_and_the_keyboard_follows_it(scripted: Page, sample_up: RunningArchive) -> None:
    scripted.goto(f"{sample_up.url}/search?q=")
    kind = scripted.locator("nav.facets a[href*='kind=']").first.locator(".facet-label").inner_text()
    box = scripted.get_by_role("combobox")
    box.press_sequentially(kind[:-1])
    options = scripted.get_by_role("option")
    expect(options.filter(has_text=kind).first).to_be_visible()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("Escape")
    expect(scripted.get_by_role("listbox")).to_be_hidden()
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("Enter")
    scripted.wait_for_url("**/search?kind=*")


def test_facets_narrow_down_and_can_be_taken_back(window: Page, sample_up: RunningArchive) -> None:
    window.goto(f"{sample_up.url}/search?q=")
    everything = window.locator("article").count()
    facet = window.locator("nav.facets a").first
    count = int(facet.locator(".facet-count").inner_text())
    facet.click()
    expect(window.locator("article")).to_have_count(count)
    window.locator(".chips a").first.click()
    expect(window.locator("article")).to_have_count(everything)


def test_the_language_can_be_changed_and_stays(window: Page, sample_up: RunningArchive) -> None:
    window.goto(sample_up.url)
    expect(window.locator("html")).to_have_attribute("lang", "vi")
    window.locator(".languages a", has_text="EN").click()
    window.goto(f"{sample_up.url}/upload")
    expect(window.locator("html")).to_have_attribute("lang", "en")


def test_search_and_reading_work_from_the_keyboard_alone(scripted: Page, sample_up: RunningArchive) -> None:
    scripted.goto(sample_up.url)
    expect(scripted.locator("input[name=q]")).to_be_focused()
    scripted.keyboard.type("tiem vac xin uu tien")
    scripted.keyboard.press("Enter")
    scripted.wait_for_url("**/search?*")
    for _ in range(40):
        scripted.keyboard.press("Tab")
        if scripted.evaluate("document.activeElement.closest('article h2') !== null"):
            break
    outline = scripted.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    scripted.keyboard.press("Enter")
    scripted.wait_for_url("**/documents/*")
    assert "q=tiem" in scripted.url


def test_every_page_keeps_to_wcag_and_to_the_screen(chromium: Browser, sample_data: Path, tmp_path: Path) -> None:
    """WCAG 2.2 AA as far as axe can tell, on the phone; `python -m tests.looks` looks at all sizes and shows them."""
    found = []
    with running_archive(shutil.copytree(sample_data, tmp_path / "data")) as archive:
        page = chromium.new_page(locale="vi-VN")
        for state in visit(page, archive):
            found += [f"{state.name} is wider than {width} px" for width in HEIGHTS if too_wide(page, width)]
            found += [f"{state.name} {scheme} {line}" for scheme in SCHEMES for line in violations(page, scheme)]
        page.close()
    assert not found, "\n".join(found)
