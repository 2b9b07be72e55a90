"""What parent and child say to each other: frames of a length and a msgpack map, and pages of words as plain lists."""

from __future__ import annotations

import struct
from dataclasses import astuple
from typing import Any

import msgpack

from services.core.model import Box, PageText, Quality, Reading, Reason, TextLayer, Word, Zone

HEADER = struct.Struct(">I")
FRAME_BYTES = 256_000_000
"""No honest answer is longer: a page picture or the words of a page are a few megabytes at most."""

Message = dict[str, Any]


def pack(message: Message) -> bytes:
    """Turn a message into a frame."""
    body: bytes = msgpack.packb(message)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> Message:
    """Turn the body of a frame into the message it was; ValueError for anything else."""
    message = msgpack.unpackb(body)
    if not isinstance(message, dict):
        raise ValueError("not a message")  # noqa: TRY004 - the other side wrote nonsense, no type error of ours
    return message


def body_length(header: bytes) -> int:
    """Read the header of a frame; ValueError when no honest frame is that long."""
    (length,) = HEADER.unpack(header)
    if length > FRAME_BYTES:
        raise ValueError(f"a frame of {length} bytes")
    return int(length)


def page_to_wire(page: PageText) -> Message:
    """Flatten a page of words; `page_from_wire` is the inverse."""
    return {
        "number": page.number,
        "size": (page.width, page.height),
        "text_layer": page.text_layer.value,
        "layer_reason": page.layer_reason.model_dump() if page.layer_reason else None,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "turned": page.turned,
        "blank": page.blank,
        "image_hash": page.image_hash,
        "words": [
            (w.text, w.box, w.confidence, w.line, w.paragraph, w.zone.value if w.zone else None, w.raw, w.cost)
            for w in page.words
        ],
        "readings": [(r.part, r.text, r.confidence, r.witness, r.accepted, r.candidates, r.box) for r in page.readings],
        "quality": astuple(page.quality) if page.quality else None,
    }


def page_from_wire(message: Message) -> PageText:
    """Build the page of words that `page_to_wire` flattened."""
    width, height = message["size"]
    return PageText(
        number=message["number"],
        width=width,
        height=height,
        words=tuple(
            Word(text, Box(*box) if box else None, confidence, line, paragraph, Zone(zone) if zone else None, raw, cost)
            for text, box, confidence, line, paragraph, zone, raw, cost in message["words"]
        ),
        text_layer=TextLayer(message["text_layer"]),
        dpi=message["dpi"],
        rotation=message["rotation"],
        image_hash=message["image_hash"],
        turned=message["turned"],
        blank=message["blank"],
        layer_reason=Reason(**message["layer_reason"]) if message["layer_reason"] else None,
        quality=Quality(*message["quality"]) if message["quality"] else None,
        readings=tuple(
            Reading(part, text, confidence, witness, accepted, tuple(candidates), Box(*box) if box else None)
            for part, text, confidence, witness, accepted, candidates, box in message["readings"]
        ),
    )
