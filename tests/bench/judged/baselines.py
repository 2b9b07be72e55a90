"""What OpenSearch gives without us: three usual ways to search Vietnamese, on an index of their own."""

from collections.abc import Callable, Sequence
from typing import Any

from opensearchpy import OpenSearch, helpers

from tests.bench.judged.collection import Text

Dsl = dict[str, Any]

_FIELDS = {"symbol": 4, "subject": 2, "kind": 1, "body": 1}
_INDEX = "judged-baselines"
_SETTINGS: Dsl = {
    "number_of_shards": 1,
    "number_of_replicas": 0,
    "analysis": {
        "filter": {"pairs": {"type": "shingle", "output_unigrams": False}},
        "analyzer": {
            # icu_folding, which does the same to composed Vietnamese letters, is in a plug-in that is not bundled.
            "folded": {"tokenizer": "standard", "filter": ["lowercase", "asciifolding"]},
            "shingles": {"tokenizer": "standard", "filter": ["lowercase", "asciifolding", "pairs"]},
        },
    },
}
_PROPERTY: Dsl = {
    "type": "text",
    "fields": {
        "folded": {"type": "text", "analyzer": "folded"},
        "shingles": {"type": "text", "analyzer": "shingles"},
    },
}


def _match(q: str, form: str) -> Dsl:
    return {"multi_match": {"query": q, "fields": _weighted(form), "type": "most_fields"}}


def _shingles_and_phrase(q: str) -> Dsl:
    phrase = {"query": q, "fields": _weighted(".folded"), "type": "phrase", "slop": 2, "boost": 2}
    return {"bool": {"must": _match(q, ".folded"), "should": [_match(q, ".shingles"), {"multi_match": phrase}]}}


def _weighted(form: str) -> list[str]:
    return [f"{name}{form}^{weight}" for name, weight in _FIELDS.items()]


RANKERS: dict[str, Callable[[str], Dsl]] = {
    "standard analyser": lambda q: _match(q, ""),
    "folding": lambda q: _match(q, ".folded"),
    "folding + shingles + phrase": _shingles_and_phrase,
}


class Baselines:
    """The rankers of RANKERS over one index of an OpenSearch node."""

    def __init__(self, url: str) -> None:
        self._client = OpenSearch(url, timeout=120)

    def fill(self, texts: Sequence[Text]) -> None:
        """Make the index anew and put every text in."""
        properties = {"id": {"type": "keyword"}, **dict.fromkeys(_FIELDS, _PROPERTY)}
        body = {"settings": _SETTINGS, "mappings": {"properties": properties}}
        self._client.indices.create(index=_INDEX, body=body)
        helpers.bulk(self._client, map(_action, texts), refresh=True)

    def ranking(self, ranker: str, q: str, size: int) -> list[str]:
        """Return the ids of the best documents; ties by id."""
        body = {"query": RANKERS[ranker](q), "size": size, "_source": False, "sort": ["_score", {"id": "asc"}]}
        return [hit["_id"] for hit in self._client.search(index=_INDEX, body=body)["hits"]["hits"]]


def _action(text: Text) -> Dsl:
    record = text.record
    fields = {
        "id": text.id,
        "symbol": record.symbol or "",
        "subject": record.subject or "",
        "kind": " ".join(part.name for part in (record.kind, record.issuer) if part),
        "body": text.clean.text,
    }
    return {"_index": _INDEX, "_id": text.id, "_source": fields}
