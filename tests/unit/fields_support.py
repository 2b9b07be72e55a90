"""Pages made of invented dispatches: as plain text, and as a scan with boxes and columns."""

from collections.abc import Sequence

from services.core.model import JSON, Box, CleanText, Extraction, PageText, Span, Word, Zone
from services.fields import Hints, Taxonomy, extract

TAXONOMY = Taxonomy.load()
LETTER_WIDTH, HEIGHT = 6.0, 12.0


def text_page(text: str, number: int = 1) -> PageText:
    """Make a page of text that was read elsewhere: a line for a line, a blank line between paragraphs."""
    words: list[Word] = []
    line = paragraph = 0
    for written in text.strip("\n").split("\n"):
        if not written.strip():
            paragraph += 1
            continue
        words += [Word(w, None, 1.0, line, paragraph) for w in written.split()]
        line += 1
    return PageText(number, 0, 0, tuple(words))


Row = tuple[str, float, float] | tuple[str, float, float, float] | tuple[str, float, float, float, Zone]


def scan_page(rows: Sequence[Row], number: int = 1) -> PageText:
    """Make an A4 page from (text, x, y[, confidence[, zone]]); rows of one y are one line of the reader."""
    words: list[Word] = []
    lines: dict[float, int] = {}
    for text, left, top, *rest in rows:
        line = lines.setdefault(top, len(lines))
        at = left
        for word in text.split():
            box = Box(at, top, at + LETTER_WIDTH * len(word), top + HEIGHT)
            confidence = rest[0] if rest and isinstance(rest[0], float) else 0.95
            zone = rest[1] if len(rest) > 1 and isinstance(rest[1], Zone) else None
            words.append(Word(word, box, confidence, line, line, zone))
            at = box.x1 + LETTER_WIDTH
    return PageText(number, 595, 842, tuple(words))


def compose(pages: Sequence[PageText]) -> CleanText:
    """Join pages the plain way: a blank between words, a newline between paragraphs and pages."""
    text = ""
    spans: list[Span] = []
    starts: list[tuple[int, int]] = []
    for page in pages:
        text += "\n" if text else ""
        starts.append((page.number, len(text)))
        before: int | None = None
        for index, word in enumerate(page.words):
            if before is not None:
                text += " " if before == word.paragraph else "\n"
            spans.append(Span(len(text), len(text) + len(word.text), page.number, index))
            text += word.text
            before = word.paragraph
    return CleanText(text, tuple(spans), tuple(starts))


def read(*pages: PageText | str, file_name: str | None = None, given: dict[str, JSON] | None = None) -> Extraction:
    """Extract the record of invented pages."""
    made = [text_page(p, n) if isinstance(p, str) else p for n, p in enumerate(pages, start=1)]
    return extract(made, compose(made), Hints(file_name=file_name, given=given or {}), TAXONOMY)


LETTER = """
**ỦY BAN NHÂN DÂN
TỈNH LÀO CAI**

**CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc**

Số: 512/UBND-NLN
V/v phòng, chống rét cho
đàn gia súc theo Công điện số
77/CĐ-BNNPTNT ngày 03/12/2022

Lào Cai, ngày 09 tháng 12 năm 2022

Kính gửi:

- Sở Nông nghiệp và Phát triển nông thôn;
- UBND các huyện, thị xã,
thành phố.

Thực hiện Công điện số 77/CĐ-BNNPTNT ngày 03/12/2022 của Bộ Nông nghiệp và Phát triển nông thôn
về phòng, chống rét, UBND tỉnh yêu cầu các đơn vị báo cáo trước 16h00 ngày 20/12/2022./.

Nơi nhận:

- Như trên;
- TT Tỉnh ủy (b/c);
- Các phòng chuyên môn (t/h);
- Lưu: VT, NLN1.

**TM. ỦY BAN NHÂN DÂN
KT. CHỦ TỊCH
PHÓ CHỦ TỊCH**

Giàng Thị Mẩy
"""
