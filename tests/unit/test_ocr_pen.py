"""Digits between printed words: found by their anchors, held to what a day can be, accepted when all cuts agree."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.core.model import Box, Reading, Zone
from services.ocr import line_model, pen, reread
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.prepare import Picture, prepare
from tests.corpus.fonts import Face, font_file

LETTERS = ("", *"0123456789/:SốngàythángnămHKM", " ")
NUMBER = re.compile(r"S[^\W\d]?:([^/]*)/")

needs_model = pytest.mark.skipif(not pen.can_read_pens(), reason="the extra handwriting is not installed")


def seen(*steps: str | dict[str, float]) -> np.ndarray:
    """Chances step by step: a letter that is certain, or letters with what each is given; the rest goes to none."""
    chances = np.zeros((len(steps), len(LETTERS)), np.float32)
    for row, step in zip(chances, steps, strict=True):
        given = {step: 1.0} if isinstance(step, str) else step
        for letter, chance in given.items():
            row[LETTERS.index(letter)] = chance
        row[0] += 1.0 - row.sum()
    return chances


def read_as(monkeypatch: pytest.MonkeyPatch, *views: np.ndarray) -> pen.Digits | None:
    """Read the number of a line of which the model sees these views."""
    shown = iter(views)
    monkeypatch.setattr(line_model, "look", lambda _: (next(shown), LETTERS))
    return pen.read_digits([pen.look_at(Image.new("L", (1, 1))) for _ in views], NUMBER)


@needs_model
def test_the_chance_of_a_text_is_summed_over_all_ways_to_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = {"4": 0.6, "1": 0.4}
    digits = read_as(monkeypatch, seen("S", ":", unsure, "", "7", "/"))
    assert digits is not None
    assert digits.text == "47"
    assert digits.confidence == pytest.approx(0.6, abs=1e-3)
    assert dict(digits.candidates) == {"47": pytest.approx(0.6, abs=1e-3), "17": pytest.approx(0.4, abs=1e-3)}


@needs_model
def test_a_digit_held_over_two_steps_is_one_and_two_after_a_gap_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    held = read_as(monkeypatch, seen("S", ":", "6", "6", "/"))
    parted = read_as(monkeypatch, seen("S", ":", "6", "", "6", " ", "0", "/"))
    assert held is not None
    assert parted is not None
    assert (held.text, parted.text) == ("6", "660")


@needs_model
def test_views_agree_only_when_all_show_the_place_and_see_no_letter_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = seen("S", ":", "4", "5", "/")
    letter = seen("S", ":", {"H": 0.6, "4": 0.4}, "5", "/")
    no_place = seen("4", "5")
    for other, agreed in ((clear, True), (letter, False), (no_place, False)):
        digits = read_as(monkeypatch, clear, other)
        assert digits is not None
        assert (digits.text, digits.agreed) == ("45", agreed)


@needs_model
def test_letters_that_look_like_digits_are_a_guess_without_any_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = read_as(monkeypatch, seen("S", ":", "M", "/"))
    assert digits is not None
    assert (digits.text, digits.confidence, digits.candidates) == ("11", 0.0, (("11", 0.0),))
    assert not digits.agreed


@needs_model
def test_a_line_without_the_printed_words_around_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_as(monkeypatch, seen("4", "5", "/")) is None


# --------------------------------------------------------------------------- on a drawn page

DPI = 200.0
POINT = DPI / 72
NUMBER_AT, DATE_AT = (90.0, 110.0), (300.0, 112.0)


def drawn_head(number: str, day: str, ink: tuple[int, int, int] = (30, 50, 190)) -> tuple[Picture, list[Segment]]:
    """Draw number and date of a head, their digits in another ink and hand; the lines as a reader would locate them."""
    image = Image.new("RGB", (1654, 2339), "white")
    draw = ImageDraw.Draw(image)
    rows = [
        (NUMBER_AT, Region.HEAD_LEFT, Zone.SYMBOL, ["Số:", number, "/QĐ-UBND"], ""),
        (DATE_AT, Region.HEAD_RIGHT, Zone.PLACE_DATE, ["Hà Nội, ngày", day, "tháng 9 năm 2021"], "i"),
    ]
    segments = []
    for (left, middle), region, zone, pieces, style in rows:
        print_font = ImageFont.truetype(font_file(Face("serif", style)), round(13 * POINT))
        hand_font = ImageFont.truetype(font_file(Face("sans", "i")), round(15 * POINT))
        x, tokens = left * POINT, []
        for at, piece in enumerate(pieces):
            font, colour = (hand_font, ink) if at == 1 else (print_font, (0, 0, 0))
            width = max(draw.textlength(piece, font), 30 * POINT if at == 1 else 0)
            draw.text((x, middle * POINT), piece, colour, font, anchor="lm")
            box = Box(x / POINT, middle - 5, (x + width) / POINT, middle + 5)
            tokens += [Token(piece, box, 0.9)] if at != 1 else []
            x += width + 4 * POINT
        segments.append(Segment(Line(tuple(tokens)), region, zone))
    return Picture(image, DPI), segments


def read_again(number: str, day: str) -> dict[str, Reading]:
    picture, segments = drawn_head(number, day)
    return {reading.part: reading for reading in reread.reread(picture, prepare(picture), segments)}


@needs_model
@pytest.mark.parametrize(("number", "day"), [("45", "27"), ("3082", "08"), ("660", "30")])
def test_digits_in_blue_ink_between_print_are_read_and_accepted(number: str, day: str) -> None:
    readings = read_again(number, day)
    assert {part: (r.text, r.accepted) for part, r in readings.items()} == {
        "number": (number, True),
        "day": (day, True),
        "month": ("9", True),
    }
    assert all(r.witness == "pen" and r.text in r.candidates for r in readings.values())
    box = readings["number"].box
    assert box is not None
    assert NUMBER_AT[0] < box.x0 < box.x1 < NUMBER_AT[0] + 100
    assert box.y0 < NUMBER_AT[1] < box.y1


@needs_model
@pytest.mark.parametrize("filling", ["", ".....", "......"])
def test_a_place_left_blank_stays_blank(filling: str) -> None:
    readings = read_again(filling, filling)
    assert {part: (r.text, r.accepted) for part, r in readings.items() if part != "month"} == {
        "number": ("", False),
        "day": ("", False),
    }


@needs_model
def test_a_number_that_may_be_the_year_behind_a_blank_is_not_accepted() -> None:
    reading = read_again("2024", "27")["number"]
    assert (reading.text, reading.accepted) == ("2024", False)
    assert reading.confidence > 0.9


@needs_model
def test_what_no_day_can_be_is_neither_shown_nor_accepted() -> None:
    reading = read_again("45", "47")["day"]
    assert not reading.accepted
    assert "47" not in (reading.text, *reading.candidates)


def test_a_page_without_number_and_date_lines_has_no_second_look() -> None:
    picture, _ = drawn_head("45", "27")
    body = Line((Token("Căn", Box(90, 300, 110, 310), 0.9), Token("cứ", Box(114, 300, 126, 310), 0.9)))
    assert reread.reread(picture, prepare(picture), [Segment(body, Region.FLOW)]) == ()


def test_without_the_extra_nothing_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reread, "can_read_pens", lambda: False)
    assert read_again("45", "27") == {}
