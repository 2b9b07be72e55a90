"""Signatures under seals: names and titles that are read in part, and several signers above the recipients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from services.core.model import Box, PageText, Word, Zone
from services.core.person_names import NAME_SYLLABLES, SURNAMES, nearest_name
from services.fields.foot import find_foot, make_signer
from services.fields.titles import tidy_title
from services.ocr.layout import Line, Token
from services.ocr.names import read_names
from services.ocr.prepare import Picture, Prepared
from services.ocr.sealed import look_above_recipients
from services.ocr.seals import find_seals

WIDTH, HEIGHT = 595.0, 842.0
LETTER = 6.0


def line(text: str, x: float, y: float, confidence: float = 0.9) -> Line:
    tokens = []
    for word in text.split():
        tokens.append(Token(word, Box(x, y, x + LETTER * len(word), y + 10), confidence))
        x = tokens[-1].box.x1 + 4
    return Line(tuple(tokens))


def read_below_office(left: Line, looks: Sequence[str]) -> list[Line]:
    """Read what is left of a name below its office again, each look as it says."""
    said = iter(looks)
    page = Image.new("RGB", (1240, 1754), "white")
    lines = [line("KT. CHỦ TỊCH", 400, 600), line("PHÓ CHỦ TỊCH", 400, 615), left]
    return read_names(
        Picture(page, 150),
        Prepared(page.convert("L"), 150),
        lines,
        WIDTH,
        HEIGHT,
        lambda piece: [line(next(said), *_corner(piece))],
    )


def _corner(piece: Prepared) -> tuple[float, float]:
    box = piece.to_points(0, 0, 1, 1)
    return box.x0, box.y0


def test_a_name_of_which_one_word_was_read_is_read_whole_and_doubted() -> None:
    looks = ["Tống/Anh Hào", "Tấng Anh Hào", "Tống Anh Hào", "Tổng Anh Hào", "Tâng Anh Hào", "Hào"]
    read = read_below_office(line("Hào", 440, 690), looks)[-1]
    assert read.text == "Tống Anh Hào"
    assert all(token.confidence <= 0.5 for token in read.tokens)


@pytest.mark.parametrize(
    "looks",
    [
        ["Lê xân Hào", "Lê ân Hào", "Lê zân Hào", "Lê zẩn Hào", "Lê zân Hào", "Lê xân Hào"],
        ["Hào", "Anh Hào", "Tống Anh Hào", "q Hào", "Hào", "x y z Hào"],
        ["Tống Anh Tuấn"] * 6,
    ],
)
def test_a_name_on_which_the_looks_do_not_agree_stays_as_little_as_was_read(looks: list[str]) -> None:
    assert read_below_office(line("Hào", 440, 690), looks)[-1].text == "Hào"


@pytest.mark.parametrize("word", [*SURNAMES, *NAME_SYLLABLES])
def test_a_word_of_the_vocabulary_is_most_like_itself(word: str) -> None:
    assert nearest_name([word], SURNAMES if word in SURNAMES else NAME_SYLLABLES) == word


def test_the_title_behind_the_comma_of_a_spoilt_word_is_that_of_a_minister() -> None:
    assert tidy_title("s, CHU NHIỆM") == "BỘ TRƯỞNG, CHỦ NHIỆM"
    assert tidy_title("ĐÓ CHỦ NHIỆM") == "CHỦ NHIỆM"


# --------------------------------------------------------------------------- several signers


def page_of(*rows: tuple[str, float, float]) -> PageText:
    """A page of lines in a body, each at x and y (points)."""
    words: list[Word] = []
    for number, (text, x, y) in enumerate(rows):
        zone = Zone.RECIPIENTS if y >= 400 else Zone.BODY
        words += [Word(t.text, t.box, t.confidence, number, number, zone) for t in line(text, x, y).tokens]
    return PageText(1, WIDTH, HEIGHT, tuple(words))


RECIPIENTS = (("Nơi nhận:", 80, 404), ("- Bộ Văn hóa;", 80, 416), ("- Lưu: VP.", 80, 428))


def test_two_who_sign_above_the_recipients_have_the_titles_of_which_a_seal_left_the_end() -> None:
    page = page_of(
        ("SỞ VĂN HÓA VÀ DU LỊCH", 90, 184),
        ("ĐÓC", 184 + 23 - 18, 204),  # what is left of GIÁM ĐỐC, 46 points wide around 184
        ("LIÊN ĐOÀN LAO ĐỘNG TỈNH", 350, 184),
        ("TỊCH", 427 + 23 - 24, 204),
        ("Nguyễn Văn Lên", 184 - 40, 298),
        ("Nguyễn Thiện Phú", 427 - 46, 298),
        *RECIPIENTS,
    )
    signatures = find_foot([page]).signatures
    signer = make_signer(signatures)
    assert signer is not None
    assert signer.title == "GIÁM ĐỐC | CHỦ TỊCH"
    assert signer.name == "Nguyễn Văn Lên | Nguyễn Thiện Phú"
    assert all(signature.inferred for signature in signatures)


def test_three_who_sign_at_one_height_are_all_kept_where_one_name_is_lost() -> None:
    page = page_of(
        ("KT. BỘ TRƯỞNG", 90, 184),
        ("KT. VIỆN TRƯỞNG", 250, 184),
        ("KT. CHÁNH ÁN", 430, 184),
        ("Đinh Trung Tụng", 90, 298),
        ("Nguyễn Thị Khiêm", 245, 298),
        *RECIPIENTS,
    )
    signer = make_signer(find_foot([page]).signatures)
    assert signer is not None
    assert signer.title == "THỨ TRƯỞNG | PHÓ VIỆN TRƯỞNG | PHÓ CHÁNH ÁN"


def test_a_surname_that_white_parts_from_the_name_is_put_before_it() -> None:
    page = page_of(
        ("KT. BỘ TRƯỞNG", 100, 184),
        ("Định", 95, 298),
        ("Trung Tụng", 143, 298),
        *RECIPIENTS,
    )
    signatures = find_foot([page]).signatures
    signer = make_signer(signatures)
    assert signer is not None
    assert signer.name == "Đinh Trung Tụng"
    assert signatures[0].inferred


def test_each_column_under_a_seal_above_the_recipients_is_read_by_itself() -> None:
    dpi = 150.0
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    for x in (300, 800):
        draw.ellipse((x - 106, 600 - 106, x + 106, 600 + 106), outline=0, width=5)
    prepared = Prepared(image, dpi)
    widths: list[tuple[int, int]] = []

    def read(piece: Prepared) -> list[Line]:
        widths.append((piece.corner[0], piece.image.width))
        return []

    look_above_recipients(prepared, [line("Nơi nhận:", 80, 400), line("- Lưu: VT.", 80, 412)], WIDTH, HEIGHT, read)
    assert [round(seal.x, -1) for seal in find_seals(prepared.crop(0, 400, 1240, 830), 4)] == [300, 800]
    assert {start for start, _ in widths} == {0, min(start for start, _ in widths if start)}
    assert np.isclose(max(start for start, _ in widths), 800 - 106 * 1.08, atol=12)
