"""The signer's name read alone: three looks vote on its marks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image

from services.core.model import Box
from services.ocr.layout import Line, Token
from services.ocr.names import read_names
from services.ocr.prepare import Picture, Prepared

WIDTH, HEIGHT = 595.0, 842.0


def line(text: str, x: float, y: float, confidence: float = 0.8) -> Line:
    tokens = []
    for word in text.split():
        tokens.append(Token(word, Box(x, y, x + 6.0 * len(word), y + 10), confidence))
        x = tokens[-1].box.x1 + 4
    return Line(tuple(tokens))


def read_again(name: str, *looks: str) -> Line:
    """Read a name below an authority line again, with what each look says; returns the line of the name."""
    page = Image.new("RGB", (1240, 1754), "white")
    said = iter(looks)

    def look(piece: Prepared) -> Sequence[Line]:
        assert piece.image.mode == "L"
        return [line(next(said), 0, 0)]

    lines = [line("KT. CHỦ TỊCH", 380, 600), line("PHÓ CHỦ TỊCH", 380, 615), line(name, 380, 690)]
    prepared = Prepared(page.convert("L"), 150)
    return read_names(Picture(page, 150), prepared, lines, WIDTH, HEIGHT, look)[-1]


def test_marks_that_most_looks_saw_are_taken_and_doubted() -> None:
    read = read_again("Trân Phước Hiện", "Trần Phước Hiền", "“Trần Phước Hiền", "Trần Phước Hiển")
    assert read.text == "Trần Phước Hiền"
    assert [token.raw for token in read.tokens] == ["Trân", None, "Hiện"]
    assert read.tokens[0].confidence <= 0.6
    assert read.tokens[1].confidence == 0.95


def test_a_word_whose_marks_the_looks_do_not_agree_on_is_doubted() -> None:
    read = read_again("Trần Văn Sơn", "Trấn Văn Sơn", "Trân Văn Sơn", "Trần Văn Sơn")
    assert read.text == "Trần Văn Sơn"
    assert [token.confidence for token in read.tokens] == [0.6, 0.95, 0.95]


def test_a_name_that_all_looks_confirm_is_believed() -> None:
    read = read_again("Lê Quân", "Lê Quân", "Lê Quân", "Lê Quân")
    assert [token.confidence for token in read.tokens] == [0.95, 0.95]


@pytest.mark.parametrize(
    "looks",
    [
        ("Tần Văn Sơn",) * 3,
        ("Trần Văn Sön",) * 3,
        ("Trần Văn", "Trần Văn", "Trần"),
        ("Trấn Văn Sơn", "Trân Văn Sơn", "Trần Văn Sơn"),
    ],
)
def test_other_letters_other_words_and_looks_that_disagree_change_nothing(looks: tuple[str, ...]) -> None:
    assert read_again("Trần Văn Sơn", *looks).text == "Trần Văn Sơn"


@pytest.mark.parametrize("other", ["trong thời gian tới", "PHÓ CHÁNH VĂN PHÒNG", "Số: 12/UBND"])
def test_lines_that_are_no_name_are_not_read_again(other: str) -> None:
    assert read_again(other).text == other
