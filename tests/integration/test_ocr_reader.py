"""The sandboxed reader on real files: words over their print, limits that hold, deaths told apart."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.core.errors import ReaderLimitError, ReaderLostError, ReadError
from services.core.model import PageText, Reason, TextLayer, Word, Zone
from services.core.settings import Limits, ReaderSettings, Settings
from services.ocr import Reader, compose, plain_text, read_files
from tests.corpus import hostile
from tests.corpus.make import make_scan
from tests.corpus.model import Scan
from tests.corpus.specs import SPECS
from tests.integration.test_sandbox import gone, is_gone

PDF = "application/pdf"


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with Reader(Settings()) as started:
        yield started


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def scan_file(folder: Path, name: str) -> tuple[Path, Scan]:
    scan = make_scan(SPECS[name], seed=7)
    return write(folder, scan.name, scan.data), scan


def f1(read: PageText, truth: PageText) -> float:
    got, want = Counter(w.text for w in read.words), Counter(w.text for w in truth.words)
    return 2 * (got & want).total() / (got.total() + want.total())


def over_its_word(read: PageText, truth: PageText) -> list[bool]:
    """For every text that stands once on both pages: whether the middle of the read box lies in the true box."""
    once = [{t for t, n in Counter(w.text for w in p.words).items() if n == 1} for p in (read, truth)]
    both = once[0] & once[1]
    boxes = {w.text: w.box for w in truth.words if w.text in both}
    return [inside(w, boxes[w.text]) for w in read.words if w.text in both]


def inside(word: Word, box: tuple[float, float, float, float] | None) -> bool:
    assert word.box is not None
    assert box is not None
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
    return box[0] - 2 <= x <= box[2] + 2 and box[1] - 2 <= y <= box[3] + 2


def rows_of(truth: PageText) -> list[list[Word]]:
    """The words of a page by the height they stand at, from left to right."""
    rows: dict[int, list[Word]] = {}
    for word in truth.words:
        assert word.box is not None
        rows.setdefault(round((word.box.y0 + word.box.y1) / 2 / 10), []).append(word)
    return [sorted(row, key=lambda word: word.box or (0,)) for row in rows.values()]


# --------------------------------------------------------------------------- words over their print


@pytest.mark.parametrize("name", ["plain", "skewed", "turned", "upside_down", "coarse", "bilevel", "tiff_gray", "jpeg"])
async def test_words_are_read_and_every_box_lies_over_its_word(reader: Reader, tmp_path: Path, name: str) -> None:
    path, scan = scan_file(tmp_path, name)
    truth = scan.truth.pages[0]
    read = await reader.read_page(path, scan.media_type, 1)
    assert (read.width, read.height) == pytest.approx((truth.width, truth.height), abs=1)
    assert f1(read, truth) > 0.9
    over = over_its_word(read, truth)
    assert len(over) > 60
    assert sum(over) >= 0.99 * len(over)


@pytest.mark.parametrize("paper", [{}, {"skew": 0.8}, {"rotate": 90}], ids=["level", "skewed", "stored turned"])
async def test_a_landscape_annex_is_read_row_by_row_with_its_cells_in_order(
    reader: Reader, tmp_path: Path, paper: dict[str, Any]
) -> None:
    scan = make_scan(replace(SPECS["landscape_annex"], **paper), seed=7)
    path = write(tmp_path, scan.name, scan.data)
    truth = scan.truth.pages[-1]
    read = await reader.read_page(path, scan.media_type, truth.number)
    assert read.turned == 0
    assert f1(read, truth) > 0.9
    over = over_its_word(read, truth)
    assert sum(over) / len(over) > 0.95
    lines = plain_text(read).splitlines()
    level = make_scan(SPECS["landscape_annex"], seed=7).truth.pages[-1]
    rows = [[w.text for w in line if len(w.text) > 2] for line in rows_of(level)]
    assert len(rows) >= 6
    for row in rows:
        assert any(re.search(".*".join(map(re.escape, row)), line) for line in lines), (row, lines)


async def test_the_clean_text_of_two_pages_holds_the_sentence_that_the_page_end_cut(
    reader: Reader, tmp_path: Path
) -> None:
    path, scan = scan_file(tmp_path, "two_pages")
    pages = [await reader.read_page(path, scan.media_type, p.number) for p in scan.truth.pages]
    text = compose(pages).text
    for cut in scan.truth.cuts:
        assert f"{cut.before} {cut.after}" in text


async def test_head_columns_are_not_read_across(reader: Reader, tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "plain")
    read = await reader.read_page(path, scan.media_type, 1)
    motto = " ".join(w.text for w in read.words if w.zone is Zone.MOTTO)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in motto
    assert scan.truth.record.issuer is not None
    issuer = " ".join(w.text for w in read.words if w.zone is Zone.ISSUER)
    assert scan.truth.record.issuer.name.split()[-1] in issuer
    assert "CỘNG" not in issuer


@pytest.mark.parametrize("name", ["digital_stamp", "digital_stamp_right"])
async def test_the_arrival_stamp_is_a_zone_of_its_own(reader: Reader, tmp_path: Path, name: str) -> None:
    path, scan = scan_file(tmp_path, name)
    read = await reader.read_page(path, scan.media_type, 1)
    arrival = scan.truth.record.arrival
    assert arrival is not None
    assert arrival.number in [w.text.strip(":") for w in read.words if w.zone is Zone.STAMP]
    assert arrival.number not in [w.text for w in read.words if w.zone in (Zone.SYMBOL, Zone.BODY)]


@pytest.mark.parametrize(
    ("name", "verdict", "read_again"),
    [
        ("text_layer", TextLayer.GOOD, False),
        ("born_digital", TextLayer.GOOD, False),
        ("garbage_layer", TextLayer.GARBAGE, True),
        ("stamp_layer", TextLayer.STAMP_ONLY, True),
        ("plain", TextLayer.NONE, True),
    ],
)
async def test_a_text_layer_is_believed_only_when_it_is_good(
    reader: Reader, tmp_path: Path, name: str, verdict: TextLayer, *, read_again: bool
) -> None:
    path, scan = scan_file(tmp_path, name)
    read = await reader.read_page(path, scan.media_type, 1)
    assert read.text_layer is verdict
    assert (read.dpi is not None) == read_again
    assert f1(read, scan.truth.pages[0]) > (0.9 if read_again else 0.98)
    over = over_its_word(read, scan.truth.pages[0])
    assert sum(over) >= 0.99 * len(over)


@pytest.mark.parametrize("turn", [90, 180, 270])
async def test_a_turned_scan_is_put_upright_and_its_boxes_lie_over_the_scan_as_it_is(
    reader: Reader, tmp_path: Path, turn: int
) -> None:
    path, scan = scan_file(tmp_path, "plain")
    upright = await reader.read_page(path, scan.media_type, 1)
    picture = Image.open(io.BytesIO(await reader.page_image(path, scan.media_type, 1, 1600)))
    clockwise = picture.rotate(-turn, expand=True)
    clockwise.save(turned := tmp_path / "turned.png", dpi=(1600 / 8.27,) * 2)
    read = await reader.read_page(turned, "image/png", 1)
    assert read.turned == turn
    assert (read.width > read.height) == (turn != 180)
    assert f1(read, upright) > 0.9
    middle = {w.text: ((w.box.x0 + w.box.x1) / 2, (w.box.y0 + w.box.y1) / 2) for w in read.words if w.box}
    word = next(w for w in upright.words if w.text in middle and len(w.text) > 4 and w.box)
    assert word.box is not None
    across, down = (word.box.x0 + word.box.x1) / 2 / upright.width, (word.box.y0 + word.box.y1) / 2 / upright.height
    want = {90: (1 - down, across), 180: (1 - across, 1 - down), 270: (down, 1 - across)}[turn]
    x, y = middle[word.text]
    assert (x / read.width, y / read.height) == pytest.approx(want, abs=0.02)


async def test_what_an_annotation_says_is_a_zone_of_its_own(reader: Reader, tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "stamp_layer")
    read = await reader.read_page(path, scan.media_type, 1)
    noted = [w for w in read.words if w.zone is Zone.ANNOTATION]
    assert noted
    assert all(w.box and w.box.x0 > 395 and w.box.y1 < 45 for w in noted)
    assert noted == list(read.words[-len(noted) :])
    assert read.layer_reason == Reason(code="layer_annotations", params={"annotations": 1})
    assert not set(plain_text(read).split()) & {w.text for w in noted}


async def test_the_back_of_a_sheet_is_blank(reader: Reader, tmp_path: Path) -> None:
    paper = Image.new("RGB", (1240, 1754), "white")
    for x in range(0, 1200, 97):
        paper.putpixel((x, x), (0, 0, 0))
    paper.save(tmp_path / "back.png", dpi=(150, 150))
    read = await reader.read_page(tmp_path / "back.png", "image/png", 1)
    assert read.blank
    assert read.words == ()


async def test_library_and_program_give_the_same_shape_and_nearly_the_same_words(tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "fine_colour")
    by_library = Settings(reader=ReaderSettings(recogniser="tesserocr"))
    pages = []
    for settings in (by_library, by_program()):
        async with Reader(settings) as reader:
            pages.append(await reader.read_page(path, scan.media_type, 1))
    library, program = pages
    assert f1(library, program) > 0.97
    assert min(f1(page, scan.truth.pages[0]) for page in pages) > 0.95
    places = over_its_word(library, program)
    assert len(places) > 20
    assert all(places)
    assert abs((library.mean_confidence or 0) - (program.mean_confidence or 0)) < 0.03


async def test_a_page_whose_picture_is_known_is_not_recognised_again(reader: Reader, tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "two_pages")
    asked: list[str] = []
    kept = PageText(77, 1, 1, (), image_hash="kept")

    async def known(image_hash: str) -> PageText | None:
        asked.append(image_hash)
        return kept if len(asked) < 3 else None

    assert await reader.read_page(path, scan.media_type, 1, known) == replace(kept, number=1)
    await reader.read_page(path, scan.media_type, 1, known)
    second = await reader.read_page(path, scan.media_type, 2, known)
    assert asked[0] == asked[1] != asked[2]
    assert second.image_hash == asked[2]


async def test_every_page_of_a_tiff_is_a_page(reader: Reader, tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "tiff")
    triage = await reader.triage(path, scan.media_type)
    assert len(triage.pages) == len(scan.truth.pages) > 1
    read = await reader.read_page(path, scan.media_type, 2)
    assert f1(read, scan.truth.pages[1]) > 0.9


async def test_a_photograph_is_read_the_way_up_that_its_camera_notes(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["jpeg"], seed=7)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    written = io.BytesIO()
    Image.open(io.BytesIO(scan.data)).transpose(Image.Transpose.ROTATE_90).save(
        written, "JPEG", exif=exif, dpi=(200, 200)
    )
    read = await reader.read_page(write(tmp_path, "anh.jpg", written.getvalue()), "image/jpeg", 1)
    assert f1(read, scan.truth.pages[0]) > 0.9
    assert read.height > read.width


async def test_a_page_is_drawn_for_people_with_its_stamps_at_the_width_asked_for(
    reader: Reader, tmp_path: Path
) -> None:
    stamped, scan = scan_file(tmp_path, "stamp_layer")
    plain = make_scan(replace(SPECS["stamp_layer"], medium="pdf"), seed=7)
    pictures = [
        Image.open(io.BytesIO(await reader.page_image(path, PDF, 1, 620)))
        for path in (stamped, write(tmp_path, "plain.pdf", plain.data))
    ]
    assert [p.format for p in pictures] == ["JPEG", "JPEG"]
    assert {p.width for p in pictures} == {620}
    assert pictures[0].tobytes() != pictures[1].tobytes()
    assert scan.truth.text_layer == TextLayer.STAMP_ONLY.value


# --------------------------------------------------------------------------- files that are at fault

BAD = {
    "empty": (b"", PDF, "empty_file"),
    "no picture": (b"", "image/jpeg", "empty_file"),
    "text": (hostile.text_named_pdf(), PDF, "not_recognised"),
    "truncated": (hostile.truncated(hostile.healthy()), PDF, "damaged"),
    "locked": (hostile.locked("x"), PDF, "encrypted"),
    "locked with AES": (hostile.locked("x", aes=True), PDF, "encrypted"),
    "20,000 pages": (hostile.many_pages(20_000), PDF, "too_many_pages"),
    "circle": (hostile.page_tree_in_a_circle(), PDF, "damaged"),
    "bomb": (hostile.image_bomb_png(), "image/png", "image_too_large"),
    "bomb of colour": (hostile.image_bomb_png(13_000, colour=True), "image/png", "image_too_heavy"),
    "jpeg that is a text": (hostile.text_named_pdf(), "image/jpeg", "not_recognised"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_file_is_refused_with_its_reason_and_the_reader_lives_on(
    reader: Reader, tmp_path: Path, name: str
) -> None:
    data, media_type, code = BAD[name]
    pid = reader.pid
    with pytest.raises(ReadError) as raised:
        await reader.triage(write(tmp_path, "file", data), media_type)
    assert raised.value.code == code
    good = write(tmp_path, "good.pdf", hostile.healthy())
    assert (await reader.triage(good, PDF)).pages
    assert reader.pid == pid


@pytest.mark.parametrize("aes", [False, True])
async def test_a_file_that_only_its_owner_locked_is_read(reader: Reader, tmp_path: Path, *, aes: bool) -> None:
    path = write(tmp_path, "owner.pdf", hostile.locked("", aes=aes))
    assert (await reader.triage(path, PDF)).encrypted
    assert (await reader.read_page(path, PDF, 1)).words


async def test_a_file_that_lost_its_end_is_read_with_a_warning(reader: Reader, tmp_path: Path) -> None:
    path = write(tmp_path, "cut.pdf", hostile.truncated(hostile.healthy(), 0.995))
    assert [w.code for w in (await reader.triage(path, PDF)).warnings] == ["truncated"]
    assert (await reader.read_page(path, PDF, 1)).words


async def test_a_page_of_five_metres_is_read_at_a_lower_resolution(reader: Reader, tmp_path: Path) -> None:
    path = write(tmp_path, "long.pdf", hostile.page_of_size(14_173, 300))
    read = await reader.read_page(path, PDF, 1)
    assert [w.text for w in read.words] == ["trang", "giay", "rat", "lon"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (hostile.page_of_size(20_000, 100), "page_too_large"),
        (hostile.image_bomb_pdf(), "image_too_large"),
        (hostile.image_bomb_pdf(13_000, colour=True), "image_too_heavy"),
    ],
)
async def test_a_page_that_is_too_large_fails_alone(reader: Reader, tmp_path: Path, data: bytes, code: str) -> None:
    path = write(tmp_path, "large.pdf", data)
    assert len((await reader.triage(path, PDF)).pages) == 1
    with pytest.raises(ReadError) as raised:
        await reader.read_page(path, PDF, 1)
    assert raised.value.code == code


async def test_a_page_whose_picture_has_no_bytes_has_no_words(reader: Reader, tmp_path: Path) -> None:
    path = write(tmp_path, "none.pdf", hostile.empty_picture_pdf())
    assert (await reader.read_page(path, PDF, 1)).words == ()


# --------------------------------------------------------------------------- limits and deaths


def tight(**values: object) -> Settings:
    return Settings(reader=ReaderSettings(**values), limits=Limits())  # type: ignore[arg-type]


def by_program() -> Settings:
    return Settings(reader=ReaderSettings(recogniser="pytesseract"))


async def test_wall_time_is_a_limit_and_the_next_call_has_a_new_child(tmp_path: Path) -> None:
    vast = write(tmp_path, "vast.pdf", hostile.page_of_size(14_400, 14_400))
    async with Reader(tight(page_wall_seconds=4)) as reader:
        pid = reader.pid
        assert pid is not None
        with pytest.raises(ReaderLimitError) as raised:
            await reader.read_page(vast, PDF, 1)
        assert raised.value.params == {"limit": "time"}
        await gone(pid)
        assert len((await reader.triage(vast, PDF)).pages) == 1


async def test_a_file_that_the_limits_stop_is_told_from_one_that_is_at_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "bomb.pdf", hostile.content_bomb_pdf())
    async with Reader(tight(memory_bytes=1_500_000_000, page_cpu_seconds=20)) as reader:
        with pytest.raises(ReaderLimitError):
            await reader.triage(path, PDF)


async def test_output_is_a_limit_also_for_the_programs_that_the_child_starts(tmp_path: Path) -> None:
    path, _ = scan_file(tmp_path, "plain")
    async with Reader(tight(output_bytes=500_000, recogniser="pytesseract")) as reader:
        with pytest.raises(ReaderLimitError) as raised:
            await reader.read_page(path, PDF, 1)
        assert raised.value.params == {"limit": "output"}


async def test_cpu_time_is_a_limit_and_is_counted_anew_for_every_page(tmp_path: Path) -> None:
    path, _ = scan_file(tmp_path, "plain")
    async with Reader(tight(page_cpu_seconds=1)) as reader:
        for _ in range(40):  # more than a second of the child's own time in all
            await reader.triage(path, PDF)
        with pytest.raises(ReaderLimitError) as raised:
            await reader.read_page(write(tmp_path, "vast.pdf", hostile.page_of_size(14_400, 14_400)), PDF, 1)
        assert raised.value.params == {"limit": "cpu"}


@pytest.mark.parametrize("victim", ["child", "program"])
async def test_a_kill_from_outside_is_no_attempt_and_the_next_call_works(tmp_path: Path, victim: str) -> None:
    path, scan = scan_file(tmp_path, "fine_colour")
    async with Reader(by_program()) as reader:
        call = asyncio.create_task(reader.read_page(path, scan.media_type, 1))
        program = await running_program(reader)
        os.kill(program if victim == "program" else reader.pid or 0, signal.SIGKILL)
        with pytest.raises(ReaderLostError):
            await call
        await gone(program)
        assert (await reader.triage(path, PDF)).pages


async def test_a_cancelled_call_ends_the_child_and_the_next_call_works(tmp_path: Path) -> None:
    path, scan = scan_file(tmp_path, "fine_colour")
    async with Reader(by_program()) as reader:
        call = asyncio.create_task(reader.read_page(path, scan.media_type, 1))
        program = await running_program(reader)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await gone(program)
        assert (await reader.triage(path, PDF)).pages


async def test_no_program_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    path, _ = scan_file(tmp_path, "fine_colour")
    program = f"""
import asyncio
from pathlib import Path
from services.core.settings import ReaderSettings, Settings
from services.ocr import Reader
async def main():
    async with Reader(Settings(reader=ReaderSettings(recogniser="pytesseract"))) as reader:
        print(reader.pid, flush=True)
        await reader.read_page(Path({str(path)!r}), "application/pdf", 1)
        await asyncio.sleep(1000)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    tesseract = await child_of(child)
    parent.kill()
    await parent.wait()
    await gone(child)
    await gone(tesseract)


async def test_a_child_is_replaced_after_its_share_of_pages(tmp_path: Path) -> None:
    path = write(tmp_path, "good.pdf", hostile.healthy())
    async with Reader(tight(pages_per_child=2)) as reader:
        pids = []
        for _ in range(4):
            pids.append(reader.pid)
            await reader.triage(path, PDF)
        assert pids[0] == pids[1] != pids[2]
        assert is_gone(pids[0] or 0)


async def test_what_libraries_print_does_not_reach_the_parent() -> None:
    program = (
        "import os; from services.ocr.child import open_channel; channel = open_channel();"
        "print('noise', flush=True); os.write(1, b'noise'); os.system('echo noise'); channel.send({'ready': True})"
    )
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    stdout, stderr = await done.communicate()
    assert stdout == b"\x00\x00\x00\x08\x81\xa5ready\xc3"
    assert stderr.count(b"noise") == 3


# --------------------------------------------------------------------------- files without an archive


async def test_files_come_out_in_the_order_they_went_in_and_bad_ones_say_why(tmp_path: Path) -> None:
    long, scan = scan_file(tmp_path, "two_pages")
    paths = [
        long,
        write(tmp_path, "bad.pdf", hostile.locked("x")),
        write(tmp_path, "note.txt", "Kính gửi: Sở Y tế".encode()),
        write(tmp_path, "good.pdf", hostile.healthy()),
        tmp_path / "missing.pdf",
    ]
    done = [file async for file in read_files(Settings(), paths, jobs=2)]
    assert [file.path for file in done] == paths
    assert [len(file.pages) for file in done] == [len(scan.truth.pages), 0, 1, 2, 0]
    assert done[1].reason == Reason(code="encrypted")
    assert done[4].reason is not None
    assert plain_text(done[2].page_texts()[0]) == "Kính gửi: Sở Y tế\n"
    assert [p.number for p in done[0].page_texts()] == [1, 2]


async def running_program(reader: Reader) -> int:
    assert reader.pid is not None
    return await child_of(reader.pid)


async def child_of(pid: int) -> int:
    """Wait until a process has started tesseract; returns its process id."""
    for _ in range(2000):
        for child in children(pid):
            if command(child) == "tesseract":
                return child
        await asyncio.sleep(0.01)
    raise TimeoutError("no tesseract")


def children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except FileNotFoundError:
        return ""
