"""All hostile files by name, made when asked for: what `tests.bench.hostile` sends through the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.corpus import hostile, hostile_images, hostile_pdf, hostile_texts


@dataclass(frozen=True)
class Case:
    """A hostile file: its kind, the name it comes under, its bytes."""

    kind: str
    name: str
    file_name: str
    data: bytes


_SHARES = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.999)


def cases(kind: str | None = None, *, bombs: bool = True) -> Iterator[Case]:
    """Yield every hostile file, or those of a kind, one after the other; the same bytes every time.

    To make the bombs takes ten seconds.
    """
    tables: tuple[tuple[str, str, Callable[[], Iterator[tuple[str, bytes]]]], ...] = (
        ("bomb", "pdf", hostile_pdf.bombs),
        ("loop", "pdf", hostile_pdf.loops),
        ("depth", "pdf", hostile_pdf.depths),
        ("box", "pdf", hostile_pdf.boxes),
        ("picture in PDF", "pdf", hostile_pdf.pictures),
        ("action, metadata", "pdf", hostile_pdf.actions),
        ("encryption", "pdf", hostile_pdf.locks),
        ("pages, ends", "pdf", _pages_and_ends),
        ("PNG", "png", hostile_images.pngs),
        ("JPEG", "jpg", hostile_images.jpegs),
        ("TIFF", "tif", hostile_images.tiffs),
        ("text", "txt", hostile_texts.texts),
        ("edXML", "edxml", hostile_texts.messages),
    )
    for its_kind, ending, table in tables:
        if kind in (None, its_kind) and (bombs or its_kind not in ("bomb", "pages, ends")):
            yield from (Case(its_kind, name, f"{name}.{ending}", data) for name, data in table())
    if kind in (None, "several kinds"):
        yield from (Case("several kinds", *entry) for entry in hostile_texts.kinds_at_once())
    for number, name in enumerate(hostile_texts.NAMES if kind in (None, "name") else ()):
        yield Case("name", ascii(name)[1:-1][:40], name, hostile_texts.named_text(number))


def _pages_and_ends() -> Iterator[tuple[str, bytes]]:
    whole = hostile.healthy(1)
    made: dict[str, Callable[[], bytes]] = {
        "no-pages": partial(hostile.many_pages, 0),
        "twenty-thousand-pages": hostile.many_pages,
        "five-metres-wide": partial(hostile.page_of_size, 14_173, 842),
        "as-large-as-can-be": partial(hostile.page_of_size, 14_400, 14_400),
        "page-tree-of-itself": hostile.page_tree_in_a_circle,
        "picture-of-nothing": hostile.empty_picture_pdf,
        "picture-cut": hostile.half_picture_pdf,
        "picture-bomb": hostile.image_bomb_pdf,
        "locked-rc4": partial(hostile.locked, "bi-mat"),
        "locked-aes": partial(hostile.locked, "bi-mat", aes=True),
        "end-lost": lambda: whole[:-8],
        "table-damaged": lambda: whole.replace(b"xref\n", b"xxxx\n"),
        "root-damaged": lambda: whole.replace(b"/Root", b"/Roof"),
        "start-damaged": lambda: whole.replace(b"startxref\n", b"startxref\n9"),
    }
    yield from ((name, make()) for name, make in made.items())
    yield from ((f"cut-at-{share:.3f}", hostile.truncated(whole, share)) for share in _SHARES)
