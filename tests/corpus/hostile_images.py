"""Hostile pictures: PNG, JPEG and TIFF that lie about themselves. Used through `hostile_cases`."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.corpus.hostile import truncated, zeros

_PNG = b"\x89PNG\r\n\x1a\n"
_JUNK = bytes(range(256)) * 8
_SHORT, _LONG, _RATIONAL = 3, 4, 5


def _chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    return (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)
    )


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return _PNG + _chunk(b"IHDR", head) + b"".join(chunks) + _chunk(b"IEND", b"")


def pngs() -> Iterator[tuple[str, bytes]]:
    """Yield bombs and broken PNGs."""
    rows = zlib.compress(bytes(101 * 100))
    data = _chunk(b"IDAT", rows)
    yield "png-half-a-gigapixel", _png(50_000, 10_000, _chunk(b"IDAT", zeros(50_001 * 10_000)))
    yield "png-interlaced-bomb", _png(14_000, 14_000, _chunk(b"IDAT", zeros(14_001 * 14_000)), interlaced=1)
    yield (
        "png-colour-bomb",
        _png(13_000, 13_000, _chunk(b"IDAT", zeros(6 * 13_000 * 13_000 + 13_000)), depth=16, colour=2),
    )
    yield "png-data-endless", _png(100, 100, _chunk(b"IDAT", zeros(3_000_000_000)))
    yield "png-two-billion-wide", _png(2_147_483_647, 2_147_483_647, data)
    yield "png-none-wide", _png(0, 0, data)
    yield "png-no-data", _png(100, 100)
    yield "png-wrong-sum", _PNG + _chunk(b"IHDR", struct.pack(">IIBBBBB", 100, 100, 8, 0, 0, 0, 0), crc=7) + data
    yield "png-noise", _png(100, 100, _chunk(b"IDAT", _JUNK))
    yield "png-odd-depth", _png(100, 100, data, depth=7, colour=5)
    yield "png-words-bomb", _png(100, 100, _chunk(b"zTXt", b"Title\0\0" + zeros(2_000_000_000)), data)
    yield "png-profile-bomb", _png(100, 100, _chunk(b"iCCP", b"x\0\0" + zeros(2_000_000_000)), data)
    yield "png-words-markup", _png(100, 100, _chunk(b"tEXt", b"Title\0<script>alert(1)</script>\0\x1b[2J"), data)
    yield "png-palette-missing", _png(100, 100, data, colour=3)
    yield "png-many-frames", _png(100, 100, _chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), data)
    yield "png-length-beyond", _PNG + struct.pack(">I", 0x7FFFFFFF) + b"IHDR" + bytes(13)


def _jpeg(width: int = 100, height: int = 100, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, "JPEG", **options)
    return out.getvalue()


def jpegs() -> Iterator[tuple[str, bytes]]:
    """Yield bombs and broken JPEGs."""
    plain = _jpeg()
    frame = plain.index(b"\xff\xc0") + 5
    huge = plain[:frame] + b"\xff\xdc\xff\xdc" + plain[frame + 4 :]
    yield "jpeg-four-gigapixels", huge
    yield "jpeg-ten-thousand-square", plain[:frame] + struct.pack(">HH", 13_000, 13_000) + plain[frame + 4 :]
    yield "jpeg-none-high", plain[:frame] + b"\0\0\0\0" + plain[frame + 4 :]
    progressive = _jpeg(1000, 1000, progressive=True)
    scan = progressive.index(b"\xff\xda")
    yield "jpeg-a-thousand-scans", progressive[:-2] + progressive[scan:-2] * 1000 + b"\xff\xd9"
    yield "jpeg-only-head", plain[: plain.index(b"\xff\xda")]
    yield "jpeg-noise", b"\xff\xd8\xff\xe0" + _JUNK
    yield "jpeg-a-thousand-notes", plain[:2] + (b"\xff\xe1\xff\xff" + bytes(65533)) * 200 + plain[2:]
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8769, _LONG, 1, 8, 8)
    yield "jpeg-notes-in-a-circle", plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    turned = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, _SHORT, 1, 99, 0)
    yield "jpeg-turned-nowhere", plain[:2] + b"\xff\xe1" + struct.pack(">H", len(turned) + 2) + turned + plain[2:]
    yield "jpeg-cut", truncated(_jpeg(800, 800), 0.6)


def tiff(
    *directories: list[tuple[int, int, int, int]], following: int | None = None, tail: bytes = bytes(4096)
) -> bytes:
    """Write a TIFF of directories of (tag, type, count, value); `following` is where the last one leads."""
    out, at = io.BytesIO(), 8 + len(tail)
    out.write(b"II*\0" + struct.pack("<I", at) + tail)
    for number, tags in enumerate(directories):
        at += 2 + 12 * len(tags) + 4
        last = number == len(directories) - 1
        out.write(struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags))
        out.write(struct.pack("<I", (following or 0) if last else at))
    return out.getvalue()


def page_tags(width: int = 64, height: int = 64, **changed: int) -> list[tuple[int, int, int, int]]:
    """The tags of a plain picture; `changed` gives others values by their numbers, as t259=5."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: 4096}
    values |= {int(name[1:]): value for name, value in changed.items()}
    return [(tag, _LONG, 1, value) for tag, value in sorted(values.items())]


def tiffs() -> Iterator[tuple[str, bytes]]:
    """Yield bombs, loops and broken TIFFs."""
    start = 8 + 4096
    yield "tiff-follows-itself", tiff(page_tags(), following=start)
    yield "tiff-ten-thousand-pages", tiff(*[page_tags()] * 10_000)
    yield "tiff-two-billion-wide", tiff(page_tags(2_147_483_647, 2_147_483_647))
    yield "tiff-four-gigapixels", tiff(page_tags(65_000, 65_000))
    yield "tiff-none-wide", tiff(page_tags(0, 0))
    yield "tiff-strip-beyond", tiff(page_tags(t273=2_000_000_000))
    yield "tiff-strip-length-beyond", tiff(page_tags(t279=2_000_000_000))
    yield "tiff-no-tags", tiff([])
    yield "tiff-count-beyond", tiff([(256, _LONG, 2**32 - 1, 8), *page_tags()[1:]])
    yield "tiff-odd-bits", tiff(page_tags(t258=64))
    yield "tiff-many-samples", tiff(page_tags(t277=65_535))
    yield "tiff-unknown-packing", tiff(page_tags(t259=12_345))
    for name, packing in {
        "lzw": 5,
        "fax3": 3,
        "fax4": 4,
        "jpeg": 7,
        "old-jpeg": 6,
        "packbits": 32773,
        "deflate": 8,
        "lzma": 34925,
        "zstd": 50000,
        "webp": 50001,
    }.items():
        yield f"tiff-{name}-noise", tiff(page_tags(t259=packing), tail=(_JUNK * 4)[:4096])
    bomb = zeros(12_000 * 12_000)
    bomb += bytes(-len(bomb) % 2)
    yield "tiff-deflate-bomb", tiff(page_tags(12_000, 12_000, t259=8, t279=len(bomb)), tail=bomb)
    yield (
        "tiff-tile-of-nothing",
        tiff([*page_tags(), (322, _LONG, 1, 0), (323, _LONG, 1, 0), (324, _LONG, 1, 8), (325, _LONG, 1, 9)]),
    )
    yield (
        "tiff-tile-huge",
        tiff([*page_tags(), (322, _LONG, 1, 2**30), (323, _LONG, 1, 2**30), (324, _LONG, 1, 8), (325, _LONG, 1, 9)]),
    )
    yield "tiff-notes-in-a-circle", tiff([*page_tags(), (34665, _LONG, 1, start)])
    yield "tiff-resolution-of-nothing", tiff([*page_tags(), (282, _RATIONAL, 1, 8), (283, _RATIONAL, 1, 8)])
    yield "tiff-big", b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**60)
    yield "tiff-big-endian-noise", b"MM\0*" + _JUNK
    yield "tiff-only-head", b"II*\0"
    yield "tiff-turned-nowhere", tiff(page_tags(t274=99))
