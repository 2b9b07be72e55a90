"""The form of page and text blobs: a version, parallel arrays, MessagePack, Zstandard.

Boxes are kept in tenths of a point and confidences in thousandths; what is decoded is exactly what was kept.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple
from typing import Any

import msgpack
import zstandard

from services.core.errors import CorruptError
from services.core.model import Box, CleanText, PageText, Quality, Reading, Reason, TextLayer, Word, Zone
from services.core.page_boxes import PageBoxes
from services.core.spans import Spans

PAGE_FORMAT = 2
TEXT_FORMAT = 1
MAX_BLOB_BYTES = 1_000_000_000  # unpacked; a page of the densest print has some hundred kilobytes
_LEVEL = 6


def encode_page(page: PageText) -> bytes:
    """Pack a page's words; `decode_page` is the inverse up to the kept precision."""
    words = page.words
    zones = sorted({w.zone.value for w in words if w.zone is not None})
    places = {zone: i for i, zone in enumerate(zones)}
    return _pack(
        {
            "v": PAGE_FORMAT,
            "number": page.number,
            "size": [page.width, page.height, page.rotation],
            "layer": page.text_layer.value,
            "dpi": page.dpi,
            "hash": page.image_hash,
            "zones": zones,
            "text": [w.text for w in words],
            "box": [None if w.box is None else [round(v * 10) for v in w.box] for w in words],
            "conf": [round(w.confidence * 1000) for w in words],
            "line": [w.line for w in words],
            "par": [w.paragraph for w in words],
            "zone": [-1 if w.zone is None else places[w.zone.value] for w in words],
            "raw": {i: w.raw for i, w in enumerate(words) if w.raw is not None},
            "cost": {i: w.cost for i, w in enumerate(words) if w.cost is not None},
            "turned": page.turned,
            "blank": page.blank,
            "layer_reason": page.layer_reason.model_dump() if page.layer_reason else None,
            "quality": astuple(page.quality) if page.quality else None,
            "readings": [
                [r.part, r.text, r.confidence, r.witness, r.accepted, r.candidates, r.box] for r in page.readings
            ],
        }
    )


def decode_page(data: bytes) -> PageText:
    """Unpack a page's words; raise CorruptError for bytes that `encode_page` did not make."""
    kept = _unpack(data, PAGE_FORMAT)
    try:
        width, height, rotation = kept["size"]
        return PageText(
            number=kept["number"],
            width=width,
            height=height,
            words=_words(kept),
            text_layer=TextLayer(kept["layer"]),
            dpi=kept["dpi"],
            rotation=rotation,
            image_hash=kept["hash"],
            turned=kept["turned"],
            blank=kept["blank"],
            layer_reason=Reason(**kept["layer_reason"]) if kept["layer_reason"] else None,
            quality=Quality(*kept["quality"]) if kept["quality"] else None,
            readings=tuple(
                Reading(part, text, confidence, witness, accepted, tuple(candidates), Box(*box) if box else None)
                for part, text, confidence, witness, accepted, candidates, box in kept["readings"]
            ),
        )
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise CorruptError(f"A page blob does not have the form of version {PAGE_FORMAT} ({error}).") from error


def decode_boxes(data: bytes) -> PageBoxes:
    """Unpack the boxes of a page's words alone; raise CorruptError as `decode_page`."""
    kept = _unpack(data, PAGE_FORMAT)
    try:
        return PageBoxes.of_tenths(kept["box"])
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise CorruptError(f"A page blob does not have the form of version {PAGE_FORMAT} ({error}).") from error


def _words(kept: dict[str, Any]) -> tuple[Word, ...]:
    zones = [Zone(z) for z in kept["zones"]]
    raw, cost = kept["raw"], kept["cost"]
    columns = zip(kept["text"], kept["box"], kept["conf"], kept["line"], kept["par"], kept["zone"], strict=True)
    return tuple(
        Word(
            text=text,
            box=None if box is None else Box(box[0] / 10, box[1] / 10, box[2] / 10, box[3] / 10),
            confidence=confidence / 1000,
            line=line,
            paragraph=paragraph,
            zone=zones[zone] if zone >= 0 else None,
            raw=raw.get(i),
            cost=cost.get(i),
        )
        for i, (text, box, confidence, line, paragraph, zone) in enumerate(columns)
    )


def encode_text(clean: CleanText) -> bytes:
    """Pack a clean text with its spans; `decode_text` is the inverse."""
    spans = Spans.of(clean.spans)
    return _pack(
        {
            "v": TEXT_FORMAT,
            "text": clean.text,
            "start": spans.starts.tolist(),
            "end": spans.ends.tolist(),
            "page": spans.pages.tolist(),
            "word": spans.words.tolist(),
            "starts": [list(p) for p in clean.page_starts],
        }
    )


def decode_text(data: bytes) -> CleanText:
    """Unpack a clean text; raise CorruptError for bytes that `encode_text` did not make."""
    kept = _unpack(data, TEXT_FORMAT)
    try:
        spans = Spans(kept["start"], kept["end"], kept["page"], kept["word"])
        return CleanText(kept["text"], spans, tuple((page, start) for page, start in kept["starts"]))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise CorruptError(f"A text blob does not have the form of version {TEXT_FORMAT} ({error}).") from error


def decode_texts(packed: Mapping[str, bytes]) -> dict[str, CleanText]:
    """Unpack those of the clean texts that can be unpacked; `vanban check` finds the others."""
    texts = {}
    for name, data in packed.items():
        with suppress(CorruptError):
            texts[name] = decode_text(data)
    return texts


def _pack(value: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True, unicode_errors="surrogatepass")
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(packed)


def _unpack(data: bytes, version: int) -> dict[str, Any]:
    try:
        packed = zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_BLOB_BYTES)
        value = msgpack.unpackb(packed, raw=False, strict_map_key=False, unicode_errors="surrogatepass")
    except (zstandard.ZstdError, ValueError, msgpack.UnpackException) as error:
        raise CorruptError(
            f"A blob cannot be unpacked ({error}). `vanban check` finds what else is damaged."
        ) from error
    if not isinstance(value, dict) or value.get("v") != version:
        raise CorruptError(f"A blob does not have format version {version}. It was written by another vanban.")
    return value
