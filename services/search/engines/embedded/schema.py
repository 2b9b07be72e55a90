"""The tantivy schema, and a document in it."""

from functools import cache
from pathlib import Path

import tantivy

from services.search.analysis import (
    GATE_STREAMS,
    PAIR_COPIES,
    PAIR_STREAMS,
    PHRASE_STREAMS,
    SCORED_STREAMS,
    document_streams,
)
from services.search.problems import index_damaged
from services.search.ranking import newest_key, oldest_key
from services.search.types import FACETS, KEYWORDS, IndexDocument

FIRST, LAST, DUE, ARRIVED = "issued_first", "issued_last", "due", "arrived"
"""Integer fields of days (proleptic ordinals)."""
_COLUMN_ONLY = "column_only"
"""The tokenizer of a field that is sorted by and never looked up: all of it in its column, no term in the index."""


def keyword_field(keyword: str) -> str:
    """Return the field of a keyword; the prefix keeps it apart from the streams."""
    return f"is_{keyword}"


@cache
def schema() -> tantivy.Schema:
    """Build the schema: positions for phrases, facets and sort keys as fast fields, only the id stored."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("revision", fast=True)
    for stream in PHRASE_STREAMS:
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="position")
    for stream in (s for s in SCORED_STREAMS if s not in PHRASE_STREAMS):
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="freq")
    for stream in GATE_STREAMS:
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="basic")
    for keyword in KEYWORDS:
        counted = keyword in FACETS
        builder.add_text_field(keyword_field(keyword), fast=counted, tokenizer_name="raw", index_option="basic")
    for days in (FIRST, LAST, DUE, ARRIVED):
        builder.add_integer_field(days, fast=True, indexed=True)
    for sort in ("newest", "oldest"):
        builder.add_text_field(sort, fast=True, tokenizer_name=_COLUMN_ONLY, index_option="basic")
    return builder.build()


def tantivy_document(document: IndexDocument) -> tantivy.Document:
    """Make the tantivy form of a document."""
    made = tantivy.Document()
    made.add_text("id", document.id)
    made.add_integer("revision", document.revision)
    for stream, text in document_streams(document).items():
        made.add_text(stream, " ".join([text] * PAIR_COPIES) if stream in PAIR_STREAMS else text)
    for keyword, values in document.keywords.items():
        for value in values:
            made.add_text(keyword_field(keyword), value)
    if document.issued:
        made.add_integer(FIRST, document.issued[0].toordinal())
        made.add_integer(LAST, document.issued[1].toordinal())
    for day in document.due:
        made.add_integer(DUE, day.toordinal())
    if document.arrived:
        made.add_integer(ARRIVED, document.arrived.toordinal())
    made.add_text("newest", newest_key(document))
    made.add_text("oldest", oldest_key(document))
    return made


def open_index(path: Path) -> tantivy.Index:
    """Open the files of one generation; CorruptError when they are damaged or of another tantivy."""
    try:
        if not tantivy.Index.is_compatible(str(path)):
            raise index_damaged(_advice(path, "it was written by another version of tantivy"), path=str(path))
        index = tantivy.Index.open(str(path))
        _register(index)
        index.config_reader("manual")  # the engine looks itself when to reload; no watcher thread
    except (ValueError, OSError) as error:
        raise index_damaged(_advice(path, str(error)), path=str(path)) from error
    return index


def create_index(path: Path) -> None:
    """Make the files of an empty generation."""
    path.mkdir(parents=True)
    tantivy.Index(schema(), path=str(path), reuse=False)


def _register(index: tantivy.Index) -> None:
    """Say what the tokenizer of sort keys does: tantivy keeps names of tokenizers only."""
    whole = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    index.register_tokenizer(_COLUMN_ONLY, whole.filter(tantivy.Filter.remove_long(1)).build())
    index.register_fast_field_tokenizer(_COLUMN_ONLY, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build())


def _advice(path: Path, why: str) -> str:
    return f"The index {path} cannot be used: {why}. Rebuild it with `vanban reindex`; the archive itself is unharmed."
