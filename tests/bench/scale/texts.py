"""Documents for the bench: legal articles of the shared texts, then generated dispatches, each with its record."""

import datetime as dt
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, get_args, get_type_hints

from services.core.gazetteer import lookup_issuer
from services.core.model import PartialDate, Record, Signer, Topic
from services.core.places import provinces
from services.core.symbols import parse_symbol
from services.fields import Taxonomy
from tests.corpus.content import compose_dispatch, topics
from tests.corpus.model import ScanSpec

ARTICLES = "data/text/phapdien_articles.jsonl.gz"
PAGE_WORDS = 120
"""Words of a page. An article has 340 on average, so that most documents have several pages."""

_KINDS = get_args(get_type_hints(ScanSpec)["kind"])
_MINISTRIES = ("Chính phủ", "Bộ Y tế", "Bộ Tài chính", "Bộ Nội vụ", "Bộ Tư pháp", "Bộ Công an", "Văn phòng Chính phủ")
_URGENCIES = (None, None, None, "KHẨN", "HỎA TỐC")
_FAMILY, _GIVEN = ("Nguyễn", "Trần", "Lê", "Phạm", "Vũ"), ("An", "Bình", "Dũng", "Hà", "Minh", "Thủy")


@dataclass(frozen=True, slots=True)
class Text:
    """One document: its number from 0, its record, its pages as blank-joined words."""

    number: int
    record: Record
    pages: tuple[str, ...]


def texts(shared: Path, count: int) -> Iterator[Text]:
    """Yield `count` documents, the same every time: first the articles, then generated dispatches."""
    drawn = _Drawn()
    number = 0
    with gzip.open(shared / ARTICLES, "rt", encoding="utf-8") as lines:
        for line in islice(lines, count):
            article = json.loads(line)
            yield Text(number, _article_record(article, drawn.for_document(number)), _pages(article["text"]))
            number += 1
    for seed in range(number, count):
        spec = ScanSpec(name="x", kind=_KINDS[seed % len(_KINDS)], topic=topics()[seed % len(topics())], clauses=12)
        dispatch = compose_dispatch(spec, seed)
        record = dispatch.record.model_copy(update=drawn.for_document(seed))
        yield Text(seed, record, _pages("\n".join(block.text for block in dispatch.body)))


class _Drawn:
    """Draws the values of facets, so that every facet has as many values as in an office's archive."""

    def __init__(self) -> None:
        taxonomy = Taxonomy.load()
        self._topics = [Topic(id=i, label=taxonomy.label(i, "vi") or i) for i in taxonomy.entries]
        names = [*(f"Ủy ban nhân dân tỉnh {p.name}" for p in provinces().values()), *_MINISTRIES]
        self._issuers = [issuer for name in names if (issuer := lookup_issuer(name))]

    def for_document(self, number: int) -> dict[str, Any]:
        """Return topics, issuer, signer and urgency of one document."""
        random_ = random.Random(number)
        return {
            "topics": (random_.choice(self._topics),),
            "issuer": random_.choice(self._issuers),
            "signer": Signer(name=f"{random_.choice(_FAMILY)} {random_.choice(_GIVEN)}"),
            "urgency": random_.choice(_URGENCIES),
        }


def _article_record(article: dict[str, str], drawn: dict[str, Any]) -> Record:
    """Make a record out of what an article says; its day within the year is made up."""
    symbol = parse_symbol(article["so_hieu"] or "")
    year = symbol.year if symbol and symbol.year else 2021
    day = dt.date(year, 1, 1) + dt.timedelta(days=len(article["text"]) % 365)
    return Record(
        symbol=article["so_hieu"],
        symbol_key=symbol.key if symbol else None,
        kind=symbol.kind if symbol else None,
        issued_on=PartialDate(year=day.year, month=day.month, day=day.day, earliest=day, latest=day),
        subject=article["title"],
        **drawn,
    )


def _pages(text: str) -> tuple[str, ...]:
    words = text.split()
    return tuple(" ".join(words[at : at + PAGE_WORDS]) for at in range(0, len(words), PAGE_WORDS)) or ("",)
