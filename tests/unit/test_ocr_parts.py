"""The smaller parts of reading: preparing pictures, judging text layers, talking to the child."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from services.core.errors import ReaderLimitError, ReaderLostError, ReadError
from services.core.model import Box, PageText, Quality, Reading, Reason, TextLayer, Word, Zone
from services.ocr import letters
from services.ocr.frames import lift_frames
from services.ocr.layer import Layer, compare, judge, lexical_shares
from services.ocr.layout import Line, Token
from services.ocr.limits import PageLimits
from services.ocr.page import _to_unrotated, _to_upright
from services.ocr.pdf import Geometry, Pictures
from services.ocr.prepare import (
    Picture,
    Prepared,
    clear_show_through,
    fade_colours,
    prepare,
    skew_degrees,
    whiten_paper,
)
from services.ocr.process import death_by_signal
from services.ocr.programs import FOLDER
from services.ocr.render import reading_dpi
from services.ocr.seals import find_seal, lift_seal
from services.ocr.stamps import Stamp, lift_words
from services.ocr.turn import find_turn, is_blank
from services.ocr.wire import page_from_wire, page_to_wire, unpack

A4 = Geometry(595, 842, 0)
LIMITS = PageLimits(
    file_pages=5000,
    page_pixels=200_000_000,
    page_bytes=450_000_000,
    page_points=14_400,
    cpu_seconds=120,
    wall_seconds=180,
)
SENTENCE = "Thực hiện Công văn của Văn phòng Chính phủ về một số điểm chú ý trong thực hiện chỉ đạo phòng chống dịch"
VIETNAMESE = SENTENCE.split()


def striped(angle: float) -> Image.Image:
    paper = Image.new("L", (1200, 1600), 255)
    draw = ImageDraw.Draw(paper)
    for y in range(200, 1400, 40):
        draw.rectangle((150, y, 1050, y + 12), fill=0)
    return paper.rotate(angle, fillcolor=255)


@pytest.mark.parametrize("angle", [-2.4, -0.7, 0.0, 1.3, 2.8])
def test_the_turn_that_levels_a_skewed_page_is_found(angle: float) -> None:
    assert skew_degrees(striped(angle)) == pytest.approx(-angle, abs=0.11)


def test_a_blank_page_is_not_turned() -> None:
    assert skew_degrees(Image.new("L", (1200, 1600), 255)) == 0.0


@pytest.mark.parametrize("angle", [-2.0, 1.5])
def test_a_box_on_a_straightened_page_lies_over_its_mark_on_the_page_as_it_was(angle: float) -> None:
    paper = striped(angle)
    prepared = prepare(Picture(paper, 150))
    scale = prepared.dpi / 150
    box = prepared.to_points(150 * scale, 600 * scale, 900 * scale, 12 * scale)
    turned = Image.new("L", (1200, 1600), 0)
    ImageDraw.Draw(turned).rectangle((150, 600, 1050, 612), fill=255)
    left, top, right, bottom = turned.rotate(angle).getbbox() or (0, 0, 0, 0)
    assert (box.x0 + box.x1) / 2 * 150 / 72 == pytest.approx((left + right) / 2, abs=3)
    assert (box.y0 + box.y1) / 2 * 150 / 72 == pytest.approx((top + bottom) / 2, abs=3)


def test_red_and_blue_ink_fade_and_black_stays() -> None:
    colours = Image.new("RGB", (3, 1))
    for x, colour in enumerate([(230, 30, 40), (40, 60, 220), (10, 12, 11)]):
        colours.putpixel((x, 0), colour)
    assert list(fade_colours(colours).tobytes()) == [230, 220, 12]


def test_only_coarse_scans_are_enlarged() -> None:
    assert prepare(Picture(Image.new("L", (600, 800), 255), 96)).dpi == pytest.approx(250)
    assert prepare(Picture(Image.new("L", (600, 800), 255), 200)).dpi == 200
    assert prepare(Picture(Image.new("L", (30_000, 60), 255), 150)).dpi == 150  # longer than the recogniser takes


rotations = st.sampled_from([0, 90, 180, 270])
box_sides = st.floats(1, 500)


@given(rotations, box_sides, box_sides)
def test_turning_a_box_up_and_back_is_nothing(rotation: int, x: float, y: float) -> None:
    shape = Geometry(595, 842, rotation)
    box = Box(round(x, 2), round(y, 2), round(x, 2) + 20, round(y, 2) + 10)
    assert _to_unrotated(shape, _to_upright(shape, box)) == pytest.approx(box, abs=0.011)


def test_a_page_turned_by_90_degrees_shows_its_top_left_corner_at_the_top_right() -> None:
    upright = _to_upright(Geometry(595, 842, 90), Box(0, 0, 10, 20))
    assert upright == Box(822, 0, 842, 10)


# --------------------------------------------------------------------------- resolution


def test_a_scan_is_read_at_its_own_resolution_up_to_that_of_drawn_letters() -> None:
    scan = Pictures(count=1, coverage=1.0, dpi=200)
    assert reading_dpi(A4, scan, LIMITS, drawn_text=False) == 200
    assert reading_dpi(A4, Pictures(count=1, coverage=1.0, dpi=1200), LIMITS, drawn_text=False) == 250
    assert reading_dpi(A4, Pictures(), LIMITS, drawn_text=True) == 250
    assert reading_dpi(A4, Pictures(count=1, coverage=0.05, dpi=72), LIMITS, drawn_text=True) == 250


def test_a_huge_page_is_read_at_a_lower_resolution_and_refused_where_that_is_illegible() -> None:
    assert 60 <= reading_dpi(Geometry(14_400, 14_400, 0), Pictures(), LIMITS, drawn_text=True) <= 70
    small = replace(LIMITS, page_pixels=50_000_000)
    with pytest.raises(ReadError) as raised:
        reading_dpi(Geometry(14_400, 14_400, 0), Pictures(), small, drawn_text=True)
    assert raised.value.code == "page_too_large"
    with pytest.raises(ReadError):
        reading_dpi(Geometry(20_000, 100, 0), Pictures(), LIMITS, drawn_text=True)


# --------------------------------------------------------------------------- text layers


def layer(words: list[str], *, invisible: float = 0.0, annotations: int = 0, step: float = 40) -> Layer:
    tokens = [
        Token(word, Box(50 + 48 * (i % 10), 60 + step * (i // 10), 96 + 48 * (i % 10), 78 + step * (i // 10)), 1.0)
        for i, word in enumerate(words)
    ]
    return Layer((Line(tuple(tokens)),) if tokens else (), invisible, annotations)


SCAN = Pictures(count=1, coverage=1.0, dpi=200)


def test_a_vietnamese_layer_is_good_and_an_invisible_one_must_be_better() -> None:
    some_wrong = [*VIETNAMESE * 6, *["Thirc", "duyrt", "hqp"] * 5]
    assert judge(layer(VIETNAMESE * 6), A4, Pictures()).layer is TextLayer.GOOD
    assert judge(layer(VIETNAMESE * 7, invisible=1.0), A4, SCAN).layer is TextLayer.GOOD
    assert judge(layer(some_wrong), A4, Pictures()).layer is TextLayer.GOOD
    assert judge(layer(some_wrong, invisible=1.0), A4, SCAN).layer is TextLayer.GARBAGE


@pytest.mark.parametrize(
    "text",
    [
        "UBND THANH PHO DA NANG CONG Hcok xA HQI CHiJ NGHiA VIVT NAM phong giao duc dao tao thuc hien nghiem tuc",
        "Céng hßa x· héi chñ nghÜa ViÖt Nam §éc lËp Tù do H¹nh phóc thùc hiÖn c«ng v¨n sè vÒ viÖc phßng chèng dÞch",
    ],
)
def test_ocr_without_vietnamese_and_old_font_encodings_are_garbage(text: str) -> None:
    assert judge(layer(text.split() * 5), A4, Pictures()).layer is TextLayer.GARBAGE


def test_a_few_words_or_words_in_one_corner_of_a_scan_are_a_stamp() -> None:
    assert judge(layer(VIETNAMESE[:8]), A4, SCAN).layer is TextLayer.STAMP_ONLY
    assert judge(layer(VIETNAMESE * 2, step=12), A4, SCAN).layer is TextLayer.STAMP_ONLY
    assert judge(layer([], annotations=1), A4, SCAN).layer is TextLayer.STAMP_ONLY
    assert judge(layer([]), A4, SCAN).layer is TextLayer.NONE


def test_a_verdict_says_why() -> None:
    assert judge(layer(VIETNAMESE[:8]), A4, SCAN).reason == Reason(code="layer_few_words", params={"words": 8})
    assert judge(layer(VIETNAMESE * 6), A4, Pictures()).reason.code == "layer_good"


def test_a_hidden_layer_is_compared_with_what_the_picture_shows() -> None:
    hidden = layer(VIETNAMESE * 6, invisible=1.0)
    assert compare(hidden, [word.upper() for word in VIETNAMESE[:10]]) == 1.0
    assert compare(hidden, ["khác", "hẳn", *VIETNAMESE[:2]]) == 0.5


@pytest.mark.parametrize(
    "word", ["nghiêng", "khuỷu", "thuyền", "gì", "quý", "ngoài", "Đắk", "UỶ", "hoà", "hòa", "giữa"]
)
def test_syllables_of_every_shape_are_taken_for_vietnamese(word: str) -> None:
    assert lexical_shares(iter([word] * 20))[0] == 1.0


# --------------------------------------------------------------------------- parent and child

words = st.builds(
    Word,
    st.text(min_size=1, max_size=9),
    st.none() | st.builds(Box, *[st.floats(0, 1000)] * 4),
    st.floats(0, 1),
    st.integers(0, 99),
    st.integers(0, 99),
    st.none() | st.sampled_from(Zone),
    st.none() | st.text(max_size=9),
    st.none() | st.floats(0, 50),
)
readings = st.builds(
    Reading,
    st.sampled_from(["number", "day", "month", "symbol", "place_date"]),
    st.text(max_size=9),
    st.floats(0, 1),
    st.sampled_from(["pen", "best"]),
    st.booleans(),
    st.lists(st.text(max_size=9), max_size=3).map(tuple),
    st.none() | st.builds(Box, *[st.floats(0, 1000)] * 4),
)
pages = st.builds(
    PageText,
    st.integers(1, 5000),
    st.floats(0, 14_400),
    st.floats(0, 14_400),
    st.lists(words, max_size=5).map(tuple),
    st.sampled_from(TextLayer),
    st.none() | st.integers(1, 400),
    rotations,
    st.text("0123456789abcdef", max_size=64),
    st.sampled_from([0, 90, 180, 270]),
    st.booleans(),
    st.none() | st.just(Reason(code="layer_few_words", params={"words": 3})),
    st.none() | st.builds(Quality, *[st.floats(0, 1)] * 4),
    st.lists(readings, max_size=3).map(tuple),
)


@given(pages)
def test_a_page_comes_over_the_wire_as_it_was(page: PageText) -> None:
    assert page_from_wire(page_to_wire(page)) == page


@given(st.binary(max_size=40))
def test_nonsense_on_the_wire_is_a_value_error_never_another_crash(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(body)


@pytest.mark.parametrize(("signal", "limit"), [(24, "cpu"), (25, "output"), (11, "crash"), (6, "crash")])
def test_death_by_an_own_limit_or_a_crash_is_an_attempt(signal: int, limit: str) -> None:
    error = death_by_signal(signal)
    assert isinstance(error, ReaderLimitError)
    assert error.params == {"limit": limit}


@pytest.mark.parametrize("signal", [9, 15, 2])
def test_death_by_a_kill_from_outside_is_none(signal: int) -> None:
    assert isinstance(death_by_signal(signal), ReaderLostError)


@pytest.mark.parametrize("program", ["tesseract", "pdftoppm", "pdfinfo"])
def test_every_program_is_started_so_that_it_dies_with_the_reader(program: str) -> None:
    script = FOLDER / program
    assert script.stat().st_mode & 0o111
    assert f"setpriv --pdeathsig KILL {program} " in script.read_text()


def test_what_tesseract_weighed_is_kept_letter_by_letter_with_what_it_costs() -> None:
    picture = Prepared(Image.new("L", (100, 100)), 72)
    weighed = [[(" ", 1.2)], [("t", 1.0), ("l", 25.0)], [("ô", 1.5), ("ổ", 5.9), ("ố", 11.6)]]
    word = letters.token(" tô", (10, 20, 30, 10), 87.0, weighed, picture)
    assert (word.text, word.box, word.confidence) == ("tô", Box(10, 20, 40, 30), 0.87)
    assert word.choices == ((), (("ổ", 4.4), ("ố", 10.1)))


def test_choices_are_empty_where_letters_and_symbols_do_not_match() -> None:
    picture = Prepared(Image.new("L", (100, 100)), 72)
    assert letters.token("tô", (0, 0, 9, 9), 50, [[("t", 1.0)]], picture).choices == ()


# --------------------------------------------------------------------------- stamps, turns, blank backs


def framed_page() -> Image.Image:
    """A stamp's frame of 50 by 20 mm at 200 dpi, a level rule inside it, and an upright stroke across its top."""
    paper = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(paper)
    draw.rectangle((150, 300, 544, 457), outline=0, width=4)
    draw.line((150, 350, 544, 350), fill=0, width=4)
    draw.rectangle((400, 270, 407, 330), fill=0)
    draw.rectangle((700, 300, 1600, 457), outline=0, width=4)  # a cell of a table, too wide for a stamp
    return paper


def test_the_frame_of_a_stamp_is_found_and_taken_off_without_the_strokes_that_cross_it() -> None:
    prepared, frames = lift_frames(Prepared(framed_page(), 200))
    assert len(frames) == 1
    assert all(abs(got - want) < 8 for got, want in zip(frames[0], (150, 300, 544, 457), strict=True))
    grey = np.asarray(prepared.image)
    assert grey[296:308, 160:390].min() > 200
    assert grey[310:440, 148:156].min() > 200
    assert grey[302, 403] == grey[301, 900] == 0


def line_of(text: str, x: float, y: float, step: float = 40) -> Line:
    words = text.split()
    return Line(
        tuple(Token(w, Box(x + i * step, y, x + i * step + step - 4, y + 10), 0.9) for i, w in enumerate(words))
    )


def test_words_in_a_stamp_leave_the_line_and_what_the_line_goes_on_with_stays() -> None:
    stamp = Stamp(Box(0, 0, 100, 40), (line_of("ĐẾN Ngày", 2, 5),), ("ĐẾN Ngày",))
    beside = line_of("ĐẾN Ngày QUYẾT ĐỊNH", 2, 5, 60)
    across = line_of("Số: 153/TB-VPCP về", 62, 32)
    inside = line_of("Giờ S", 5, 15)
    lifted = lift_words([beside, across, inside], [stamp])
    assert [line.text for line in lifted] == ["QUYẾT ĐỊNH", "Số: 153/TB-VPCP về"]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_makes_sense_only_when_turned_is_turned(turn: int) -> None:
    upright = Image.new("L", (900, 1200), 255)
    upright.putpixel((0, 0), 0)
    clockwise = {90: 270, 180: 180, 270: 90}[turn]  # Pillow turns counter-clockwise
    seen: list[Image.Image] = []

    def read(piece: Picture) -> list[Line]:
        seen.append(piece.image)
        return [line_of(SENTENCE, 0, 0)] if len(seen) == [180, 90, 270].index(turn) + 1 else [line_of("1ã ıı", 0, 0)]

    picture = Picture(upright.rotate(clockwise, expand=True), 100)
    assert find_turn(picture, [line_of("ıı1 bqd", 0, 0)], read) == turn
    assert picture.turned_back(turn).image.getpixel((0, 0)) == 0
    assert find_turn(picture, [line_of(SENTENCE, 0, 0)], read) == 0
    assert len(seen) == 3


def test_specks_without_sense_are_a_blank_page_and_a_line_of_print_is_not() -> None:
    paper = Prepared(Image.new("L", (800, 1000), 255), 100)
    assert is_blank(paper, [line_of("ıı , ~", 0, 0)])
    assert not is_blank(paper, [line_of(SENTENCE, 0, 0)])


def test_stained_paper_becomes_white_and_white_paper_stays_as_it_is() -> None:
    page = striped(0)
    assert whiten_paper(page) is page
    stained = page.point(lambda level: round(level * 0.6))
    white = np.asarray(whiten_paper(stained))
    assert white[:150].min() > 245
    assert white[205, 600] < 10


def test_the_edge_of_a_stain_becomes_white_as_well() -> None:
    dark = Image.new("L", (1600, 2200), 255)
    ImageDraw.Draw(dark).ellipse((300, 500, 1300, 1500), outline=150, width=60)
    assert np.asarray(whiten_paper(dark.filter(ImageFilter.GaussianBlur(25)))).min() > 225


def two_sided(ink: int, behind: int) -> Image.Image:
    """Draw lines of strokes, and between them those of the other side."""
    paper = Image.new("L", (1200, 1600), 255)
    draw = ImageDraw.Draw(paper)
    for y in range(100, 1500, 40):
        for x in range(100, 1100, 12):
            draw.rectangle((x + 6, y + 20, x + 9, y + 34), fill=behind)
            draw.rectangle((x, y, x + 4, y + 14), fill=ink)
    return paper


def test_faint_print_among_dark_print_shines_through_and_goes() -> None:
    cleared = np.asarray(clear_show_through(two_sided(ink=20, behind=185), 300))
    assert (cleared < 110).sum() == (np.asarray(two_sided(20, 255)) < 110).sum()
    assert ((cleared > 110) & (cleared < 225)).sum() == 0


def test_faint_edges_of_print_and_pages_of_faint_print_alone_stay_as_they_are() -> None:
    blurred = two_sided(ink=20, behind=255).filter(ImageFilter.GaussianBlur(1.2))
    faded = two_sided(ink=180, behind=255)
    assert clear_show_through(blurred, 300) is blurred
    assert clear_show_through(faded, 300) is faded


# --------------------------------------------------------------------------- seals


def sealed(ink: int, print_ink: int = 0) -> Prepared:
    """Draw a seal of 36 mm at 200 dpi, and a bar of print that runs under it and on to its right."""
    paper = Image.new("L", (900, 600), 255)
    draw = ImageDraw.Draw(paper)
    draw.ellipse((200 - 142, 300 - 142, 200 + 142, 300 + 142), outline=ink, width=5)
    draw.ellipse((150, 250, 250, 350), fill=ink)
    draw.rectangle((180, 200, 600, 212), fill=print_ink)
    return Prepared(paper, 200)


@pytest.mark.parametrize("ink", [20, 190])
def test_a_seal_is_found_where_it_stands_black_or_pale(ink: int) -> None:
    seal = find_seal(sealed(ink))
    assert seal is not None
    assert seal.x == pytest.approx(200, abs=5)
    assert seal.y == pytest.approx(300, abs=5)
    assert seal.radius == pytest.approx(142, abs=6)


def test_no_seal_is_found_in_print() -> None:
    assert find_seal(Prepared(striped(0), 200)) is None
    assert find_seal(Prepared(Image.new("L", (300, 80), 255), 200)) is None


def test_what_a_seal_covers_is_whitened_but_for_the_row_of_print_that_goes_on() -> None:
    page = sealed(20)
    seal = find_seal(page)
    assert seal is not None
    lifted = lift_seal(page, seal, [(200, 212)]).image
    assert lifted.getpixel((200, 300)) == 255  # the middle of the seal
    assert lifted.getpixel((300, 206)) == 0  # print under its edge
    assert lifted.getpixel((590, 206)) == 0


def test_a_pale_seal_is_whitened_in_the_row_of_print_too() -> None:
    page = sealed(190, print_ink=30)
    seal = find_seal(page)
    assert seal is not None
    lifted = lift_seal(page, seal, [(0, 600)]).image
    assert lifted.getpixel((200, 300)) == 255
    assert lifted.getpixel((200, 206)) == 30
