"""What is sent in a storm: small dispatches without end, a seed's own, and the real scans among the first of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from tests.corpus import ScanSpec, make_scan
from tests.storm.sending import File

SCAN_EVERY = 3
_LETTERS = "abcdeghklm"
_ISSUERS = ("dien-bien", "lai-chau", "ben-tre", "bo-y-te", "quang-tri")


def files(seed: int, scans: Sequence[Path] = ()) -> Iterator[File]:
    """Yield files of a seed for ever; of SCAN_EVERY files one is a real scan while there are any left."""
    rng = random.Random(seed)
    real = iter(scans)
    for number in count():
        scan = next(real, None) if number % SCAN_EVERY == 0 else None
        yield File(f"real-{number}-{scan.name}", scan.read_bytes()) if scan else _made(rng, number, seed)


def texts(seed: int) -> Iterator[File]:
    """Yield texts of a seed for ever: files that need no reader."""
    for number in count(seed * 1000):
        token = _token(number)
        yield File(f"{number}.txt", _text(number, token), token)


def _made(rng: random.Random, number: int, seed: int) -> File:
    token = _token(number)
    kind = rng.choices(["text", "born", "scan"], [3, 5, 2])[0]
    if kind == "text":
        return File(f"{number}.txt", _text(number, token), token)
    spec = ScanSpec(
        f"{number}", issuer=rng.choice(_ISSUERS), topic="tiem-chung", clauses=2, phrases=(f"Hồ sơ {token}.",)
    )
    if kind == "born":
        return File(f"{number}.pdf", make_scan(_with(spec, medium="pdf_born"), seed * 10_000 + number).data, token)
    return File(f"{number}-scan.pdf", make_scan(_with(spec, colour="bw", dpi=200), seed * 10_000 + number).data)


def _token(number: int) -> str:
    """Return a word that no other number has, and that is no word of the language."""
    return "zq" + "".join(_LETTERS[int(digit)] for digit in f"{number:04d}")


def _with(spec: ScanSpec, **values: object) -> ScanSpec:
    return replace(spec, **values)  # type: ignore[arg-type]


def _text(number: int, token: str) -> bytes:
    return (
        f"ỦY BAN NHÂN DÂN\nTỈNH LAI CHÂU\nSố: {number + 1}/UBND-VX\nLai Châu, ngày 14 tháng 9 năm 2021\n"
        f"V/v tiêm vắc xin phòng Covid-19\nKính gửi: Sở Y tế\n"
        f"Ủy ban nhân dân tỉnh yêu cầu Sở Y tế tổ chức tiêm vắc xin theo hồ sơ {token}."
    ).encode()
