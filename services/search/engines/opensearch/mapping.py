"""The OpenSearch index: settings and mapping of a generation, and a document in it."""

from typing import Any

from services.search.analysis import GATE_STREAMS, PAIR_STREAMS, PHRASE_STREAMS, SCORED_STREAMS, document_streams
from services.search.ranking import newest_key, oldest_key
from services.search.types import KEYWORDS, IndexDocument

FIRST, LAST, DUE, ARRIVED = "issued_first", "issued_last", "due", "arrived"
"""Integer fields of days (proleptic ordinals)."""


def keyword_field(keyword: str) -> str:
    """Return the field of a keyword; the prefix keeps it apart from the streams."""
    return f"is_{keyword}"


def index_body(shards: int = 1) -> dict[str, Any]:
    """Return settings and mapping of a new generation, tuned for filling: no refresh, no replicas (see `LIVE`)."""
    return {
        "settings": {
            "index": {
                "number_of_shards": shards,
                "number_of_replicas": 0,
                "refresh_interval": "-1",
                "gc_deletes": "1h",  # how long a delete's revision is remembered against late batches
                "similarity": {"pairs": {"type": "BM25", "discount_overlaps": False}},
                "analysis": {
                    "analyzer": {
                        "tokens": {"type": "custom", "tokenizer": "whitespace"},
                        # Twice two: the four copies of analysis.PAIR_COPIES, made here to keep requests small.
                        "pairs": {
                            "type": "custom",
                            "tokenizer": "whitespace",
                            "filter": ["keyword_repeat", "keyword_repeat"],
                        },
                    }
                },
            }
        },
        "mappings": {
            "dynamic": "strict",
            "_source": {"enabled": False, "recovery_source_enabled": False},  # 52 MB instead of 254 MB
            "properties": _properties(),
        },
    }


LIVE = {"index": {"refresh_interval": None, "auto_expand_replicas": "0-1"}}
"""Settings of a generation that is searched."""


def source_of(document: IndexDocument) -> dict[str, Any]:
    """Make the form of a document that is sent to OpenSearch."""
    source: dict[str, Any] = {"id": document.id, **document_streams(document)}
    source |= {keyword_field(name): list(values) for name, values in document.keywords.items() if values}
    if document.issued:
        source |= {FIRST: document.issued[0].toordinal(), LAST: document.issued[1].toordinal()}
    if document.due:
        source[DUE] = [day.toordinal() for day in document.due]
    if document.arrived:
        source[ARRIVED] = document.arrived.toordinal()
    return source | {"newest": newest_key(document), "oldest": oldest_key(document)}


def _properties() -> dict[str, Any]:
    properties: dict[str, Any] = {"id": {"type": "keyword"}}
    for stream in SCORED_STREAMS:
        pair = stream in PAIR_STREAMS
        options = "positions" if stream in PHRASE_STREAMS else "freqs"
        properties[stream] = {"type": "text", "index_options": options, "analyzer": "pairs" if pair else "tokens"}
        if pair:
            properties[stream]["similarity"] = "pairs"
    for stream in GATE_STREAMS:
        properties[stream] = {"type": "text", "index_options": "docs", "norms": False, "analyzer": "tokens"}
    properties["rest_f"] = {"type": "text", "index_options": "positions", "norms": False, "analyzer": "tokens"}
    properties |= {keyword_field(keyword): {"type": "keyword"} for keyword in KEYWORDS}
    properties |= {days: {"type": "integer"} for days in (FIRST, LAST, DUE, ARRIVED)}
    return properties | {sort: {"type": "keyword", "index": False} for sort in ("newest", "oldest")}
