"""Specs that show every option once (`SPECS`), and mixed ones by the number (`random_specs`)."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.corpus.content import KIND_NAMES
from tests.corpus.model import ScanSpec

_ALL = (
    ScanSpec("plain", issuer="dien-bien", topic="tiem-chung"),
    ScanSpec("two_pages", issuer="lai-chau", topic="phong-dich", clauses=8, cut_sentence=True),
    ScanSpec("three_pages", issuer="bo-y-te", topic="tiem-chung", clauses=16, cut_sentence=True),
    ScanSpec("decision", kind="QĐ", issuer="ben-tre", topic="dat-dai", clauses=4),
    ScanSpec("telegram", kind="CĐ", issuer="quang-tri", topic="thien-tai", urgency="HỎA TỐC"),
    ScanSpec("notice", kind="TB", issuer="lao-cai", topic="ngan-sach"),
    ScanSpec("plan", kind="KH", issuer="so-giao-duc-dong-thap", topic="giao-duc", clauses=5),
    ScanSpec("directive", kind="CT", issuer="can-tho", topic="cai-cach-hanh-chinh"),
    ScanSpec("proposal", kind="TTr", issuer="so-y-te-nghe-an", topic="tiem-chung", clauses=3),
    ScanSpec("report", kind="BC", issuer="huyen-tuan-giao", topic="nong-nghiep"),
    ScanSpec("digital_stamp", issuer="dien-bien", digital_stamp="top_left"),
    ScanSpec("digital_stamp_right", issuer="lai-chau", digital_stamp="top_right", framed=False),
    ScanSpec("digital_stamp_below_date", issuer="ben-tre", digital_stamp="below_date"),
    ScanSpec("digital_stamp_bottom", kind="QĐ", issuer="quang-tri", digital_stamp="bottom_left", clauses=2),
    ScanSpec("arrival_stamp", issuer="bo-noi-vu", topic="cai-cach-hanh-chinh", arrival_stamp=True),
    ScanSpec("arrival_stamp_decision", kind="QĐ", issuer="lao-cai", arrival_stamp=True),
    ScanSpec("blank_number", issuer="lai-chau", topic="phong-dich", blank_number=True),
    ScanSpec("blank_day", issuer="dien-bien", topic="giao-duc", blank_day=True),
    ScanSpec("blank_both", issuer="so-y-te-nghe-an", blank_number=True, blank_day=True),
    ScanSpec("skewed", issuer="can-tho", skew=1.8, topic="chuyen-doi-so"),
    ScanSpec("skewed_back", issuer="bo-giao-duc", skew=-2.4, topic="giao-duc"),
    ScanSpec("noisy", issuer="quang-tri", noise=14.0, blur=0.9, jpeg_quality=30),
    ScanSpec("bilevel", issuer="dien-bien", colour="bw", dpi=200, blur=0.6, clauses=6),
    ScanSpec("bilevel_300", kind="QĐ", issuer="ben-tre", colour="bw", dpi=300, noise=8.0),
    ScanSpec("coarse", issuer="lao-cai", dpi=150),
    ScanSpec("fine_colour", issuer="bo-y-te", topic="phong-dich", dpi=300, colour="color"),
    ScanSpec("landscape_annex", issuer="dien-bien", topic="tiem-chung", landscape_annex=True),
    ScanSpec("blank_back", issuer="can-tho", blank_back=True, clauses=2),
    ScanSpec("turned", issuer="lai-chau", rotate=90),
    ScanSpec("upside_down", issuer="ben-tre", rotate=180, skew=0.7),
    ScanSpec("dejavu", issuer="quang-tri", font="dejavu", clauses=2),
    ScanSpec("text_layer", issuer="dien-bien", medium="pdf_text", clauses=8),
    ScanSpec("garbage_layer", issuer="dien-bien", medium="pdf_garbage"),
    ScanSpec("stamp_layer", issuer="bo-nong-nghiep", topic="nong-nghiep", medium="pdf_stamp"),
    ScanSpec("born_digital", issuer="bo-noi-vu", topic="chuyen-doi-so", medium="pdf_born", clauses=8),
    ScanSpec("tiff", issuer="lao-cai", medium="tiff", colour="bw", clauses=8, cut_sentence=True),
    ScanSpec("tiff_gray", issuer="can-tho", medium="tiff", dpi=150),
    ScanSpec("jpeg", kind="TB", issuer="huyen-tuan-giao", topic="nong-nghiep", medium="jpeg", clauses=1),
    ScanSpec("png", kind="TB", issuer="ben-tre", topic="dat-dai", medium="png", colour="bw", clauses=1),
)  # fmt: skip
SPECS: dict[str, ScanSpec] = {spec.name: spec for spec in _ALL}


def random_specs(count: int, seed: int = 0) -> list[ScanSpec]:
    """Return specs that mix the options the way an archive's inflow does; deterministic."""
    rng = random.Random(seed)
    return [_random_spec(rng, i) for i in range(count)]


def _random_spec(rng: random.Random, index: int) -> ScanSpec:
    spec = ScanSpec(
        f"scan-{index:05d}",
        kind=rng.choice(["CV"] * 6 + [kind for kind in KIND_NAMES if kind != "CV"]),  # type: ignore[arg-type] # its keys
        clauses=rng.choice((2, 3, 4, 4, 6, 9)),
        blank_number=rng.random() < 0.12,
        blank_day=rng.random() < 0.12,
        digital_stamp=rng.choice((None, None, None, "top_left", "top_right", "below_date", "bottom_left")),
        framed=rng.random() < 0.6,
        urgency=rng.choice((None,) * 9 + ("KHẨN", "THƯỢNG KHẨN", "HỎA TỐC")),
        colour=rng.choice(("gray", "gray", "color", "bw")),
        dpi=rng.choice((150, 200, 200, 200, 300)),
        skew=rng.choice((0.0, 0.0, round(rng.uniform(-1.5, 1.5), 2))),
        noise=rng.choice((1.0, 2.0, 4.0, 8.0)),
        blur=rng.choice((0.3, 0.5, 0.8)),
        jpeg_quality=rng.choice((35, 55, 75)),
        landscape_annex=rng.random() < 0.06,
        blank_back=rng.random() < 0.06,
        medium=rng.choice(("pdf",) * 8 + ("pdf_text", "pdf_garbage", "pdf_born", "tiff")),
    )
    if spec.digital_stamp is None and rng.random() < 0.2:
        return replace(spec, arrival_stamp=True)
    return spec
