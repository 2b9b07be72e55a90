"""The tables of the catalogue. `migrations/` builds them; a test holds the two together."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant: aware in, UTC in the database, aware UTC out (SQLite keeps no zone of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times, turn the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Give the instant back with its zone."""
        if value is None:
            return None
        assert isinstance(value, dt.datetime)
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


Id = String(36)
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only an INTEGER key by itself


def _document_json(name: str) -> Column[Any]:
    return Column(name, JSON(none_as_null=True))


batches = Table(
    "batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("label", Text),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("on_duplicate", String(16), nullable=False),
    Column("next_ordinal", Integer, nullable=False, server_default="0"),
    Column("access", String(50), nullable=False, server_default="public"),
    Column("collection", String(100), nullable=False, server_default="default"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("import_id", Text),
    Column("access", String(50), nullable=False, server_default="public"),
    Column("collection", String(100), nullable=False, server_default="default"),
    Column("state", String(16), nullable=False),
    # `triage`: waiting | done | failed. `reading` until all pages are settled, then `version` grows; documents are
    # those of the page results when `assembled` = `version`.
    Column("triage", String(16), nullable=False),
    Column("reason", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("pages", Integer),
    Column("pages_done", Integer, nullable=False, server_default="0"),
    Column("pages_failed", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("assembled", Integer, nullable=False, server_default="0"),
    Column("signatures", JSON(none_as_null=True)),
    Column("warnings", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Index(
        "uq_sources_sha256_live",
        "sha256",
        unique=True,
        sqlite_where=text("state <> 'purged'"),
        postgresql_where=text("state <> 'purged'"),
    ),
    Index("ix_sources_import_id", "import_id"),
    Index(
        "ix_sources_unassembled",
        "id",
        sqlite_where=text("assembled < version"),
        postgresql_where=text("assembled < version"),
    ),
    Index("ix_sources_triage", "triage", "state"),
)

items = Table(
    "items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("batches.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("raw_name", Text),
    Column("external_id", Text),
    _document_json("given"),
    # The message that carried the file, and as which of its attachments (from 0).
    Column("enclosed_in", Id),
    Column("enclosed_no", Integer),
    Column("given_from", String(16)),  # what `given` was taken from, where not from the uploader
    Column("state", String(16), nullable=False),
    Column("reason", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("source_id", Id, ForeignKey("sources.id")),
    # The state of the item is that of its source: false for duplicates, refusals and what was cancelled.
    Column("follows", Boolean, nullable=False, server_default=false()),
    Column("duplicate_of", Id, ForeignKey("items.id")),
    Column("replaces", Id),  # the document that this file is a better scan of
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("batch_id", "ordinal"),
    Index("ix_items_batch_state", "batch_id", "state"),
    Index("ix_items_state", "state"),
    Index("ix_items_source_id", "source_id"),
    Index("ix_items_enclosed", "enclosed_in", "enclosed_no"),
)

# How people cut a source into documents, append-only: the last row is in force; without `runs` the machine decides.
splits = Table(
    "splits",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("runs", JSON(none_as_null=True)),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_splits_source_id", "source_id", "id"),
)

pages = Table(
    "pages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("width", Float, nullable=False),
    Column("height", Float, nullable=False),
    Column("rotation", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),  # PageState, or "purged" with its document
    Column("reason", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("text_layer", String(16)),
    Column("quality", Float),
    Column("image_hash", String(128)),
    Column("pipeline", String(100)),
    Column("blob_key", Text),
    UniqueConstraint("source_id", "number"),
    Index("ix_pages_source_state", "source_id", "state"),
    Index("ix_pages_result", "image_hash", "pipeline"),
    Index("ix_pages_blob_key", "blob_key"),
    Index(
        "ix_pages_waiting",
        "source_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("external_id", Text),
    Column("access", String(50), nullable=False, server_default="public"),
    Column("collection", String(100), nullable=False, server_default="default"),
    Column("state", String(16), nullable=False),
    Column("trashed_with_source", Boolean, nullable=False, server_default=false()),
    Column("revision", Integer, nullable=False),
    Column("indexed_revision", Integer, nullable=False, server_default="0"),
    # Items stay `reading` until this revision is indexed.
    Column("awaited_revision", Integer, nullable=False, server_default="0"),
    # /changes said "ready" since the last tombstone.
    Column("announced", Boolean, nullable=False, server_default=false()),
    Column("record", JSON(none_as_null=True)),  # in force: machine layer with the corrections over it
    Column("evidence", JSON(none_as_null=True)),
    Column("review", JSON(none_as_null=True)),
    Column("outcome", String(16), nullable=False),  # ItemState done | needs_review
    Column("doubt", Integer, nullable=False, server_default="0"),  # how much of it people have to look at (questions)
    Column("clean_key", Text),
    Column("pipeline", String(100)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_documents_source_id", "source_id"),
    Index("ix_documents_clean_key", "clean_key"),
    Index("ix_documents_state", "state", "id"),
    Index("ix_documents_doubt", "state", "doubt", "id"),
    Index(
        "ix_documents_unindexed",
        "updated_at",
        sqlite_where=text("indexed_revision < revision"),
        postgresql_where=text("indexed_revision < revision"),
    ),
)

record_revisions = Table(
    "record_revisions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("record", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("pipeline", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("document_id", "revision"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column(
        "item_id", Id, ForeignKey("items.id")
    ),  # the upload that gave the values; null for an archivist's correction
    Column("patch", JSON, nullable=False),
    Column("witness", String(16)),
    Column("result", JSON, nullable=False),  # the values in force after it, for the keys it touches
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Text),
    UniqueConstraint("document_id", "item_id"),
    Index("ix_corrections_document_id", "document_id"),
)

# What people say of tasks, append-only: the last row of a task is in force. `task` is "<clause>#<which of its tasks>".
task_progress = Table(
    "task_progress",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False),
    Column("task", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("reply", Text),
    Column("note", Text),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_task_progress_document_id", "document_id"),
)

# What documents ask for, in the order of their records: `task` as in `task_progress`, `agencies` folded (asking.py),
# and the interval in which it is due, both ends null where that is not known; `done` is what people said of it last.
tasks = Table(
    "tasks",
    metadata,
    Column("document_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("task", Text, nullable=False),
    Column("agencies", Text, nullable=False),
    Column("due_first", UtcDateTime),
    Column("due_last", UtcDateTime),
    Column("done", Boolean, nullable=False, server_default=false()),
    Index("ix_tasks_due_last", "due_last", "document_id", "ordinal"),
    Index("ix_tasks_done", "done", "due_last", "document_id", "ordinal"),
)

# Names that people put in the place of what was read (core.learnt): one row for each correction that says so.
aliases = Table(
    "aliases",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("reading", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent", Text),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("forgotten_at", UtcDateTime),
    Index("ix_aliases_document_id", "document_id"),
)

# What a document is known by; follows its record, is gone when it is purged. `earliest` and `latest` bound the date of
# issue, the whole year where it is a guess.
identities = Table(
    "identities",
    metadata,
    Column("document_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("key", Text),  # of the symbol; null while the number is unknown
    Column("notation", Text),
    Column("kind", String(16)),
    Column("issuer_id", Text),
    Column("listed", Boolean, nullable=False),  # whether the gazetteer knows the issuer
    Column("earliest", Date),
    Column("latest", Date),
    Index("ix_identities_key", "key"),
    Index("ix_identities_notation", "notation", "issuer_id"),
)

# What a document cites, in the order of its record; which document that is, is looked up when somebody asks.
citations = Table(
    "citations",
    metadata,
    Column("document_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("key", Text),
    Column("raw", Text, nullable=False),
    Column("kind", String(16)),
    Column("issuer_id", Text),
    Column("issuer", Text),
    Column("role", String(16)),
    Column("year", Integer),  # of the symbol, else of the date
    Column("earliest", Date),
    Column("latest", Date),
    Column("page", Integer),
    Index("ix_citations_key", "key"),
)

# Fingerprints of the texts of documents (core.fingerprint): `numbers` as they are stored packed, none of a text that is
# too short. Each number has a row in `fingerprint_numbers` too, by which the others are found that have it.
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False, unique=True),
    Column("clean_key", Text, nullable=False),  # of the text that it was made of
    Column("version", Integer, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
)

fingerprint_numbers = Table(
    "fingerprint_numbers",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint_id", Serial, ForeignKey("fingerprints.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Pairs of documents of which somebody said that they are not one paper, the smaller id first.
told_apart = Table(
    "told_apart",
    metadata,
    Column("first_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("second_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_told_apart_second_id", "second_id"),
)

# Scans that a better one took the place of: `old_source_id` had pages `first_page` to `last_page` of the document.
replacements = Table(
    "replacements",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Id, ForeignKey("documents.id"), nullable=False),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False, unique=True),
    Column("old_source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_replacements_document_id", "document_id"),
    Index("ix_replacements_old_source_id", "old_source_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("queue", String(16), nullable=False),
    Column("job", String(32), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("source_id", Id),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("args", JSON, nullable=False),
    Column("batch_id", Id),
    Column("priority", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("claimed_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("job", "subject_id"),
    Index(
        "ix_outbox_claimable",
        "queue",
        text("priority DESC"),
        "turn",
        "id",
        sqlite_where=text("claimed_at IS NULL AND NOT held"),
        postgresql_where=text("claimed_at IS NULL AND NOT held"),
    ),
    Index("ix_outbox_batch_id", "batch_id"),
    Index("ix_outbox_source_id", "source_id"),
    Index("ix_outbox_claimed_at", "claimed_at"),
    sqlite_autoincrement=True,  # an id that was used once makes no second job
)

# The log: append-only, each line chained to the one before (chain.py).
events = Table(
    "events",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("action", String(50), nullable=False),
    Column("subject_type", String(20), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("details", JSON, nullable=False),
    Column("change", String(16)),  # the line of /changes that this event is
    Column("address", Text),  # network address of who called
    Column("hash", String(64), nullable=False, server_default=""),
    Index("ix_events_subject_id", "subject_id", "seq"),
    Index("ix_events_who", "who", "seq"),
    Index("ix_events_at", "at"),
    Index(
        "ix_events_change", "seq", sqlite_where=text("change IS NOT NULL"), postgresql_where=text("change IS NOT NULL")
    ),
    sqlite_autoincrement=True,
)

# The number and the hash of the last line of the log: the only row.
log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Works over the whole archive, as they say themselves how far they are.
long_works = Table(
    "long_works",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # running | done | stopped | failed
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

# One change to many documents: the ids that were looked at are those it is done to, each in a transaction with its own
# line. `correction_id` is what an undo withdraws. A document that was named may be none, or one that may not be seen.
bulk_actions = Table(
    "bulk_actions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16)),
    Column("state", String(16), nullable=False),
    Column("patch", JSON(none_as_null=True)),
    Column("dossier_id", Id, ForeignKey("dossiers.id")),
    Column("why", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False),
    Column("access", JSON, nullable=False),
    Column("collections", JSON(none_as_null=True)),  # null: all
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index("ix_bulk_actions_owner", "owner", "id"),
)

bulk_entries = Table(
    "bulk_entries",
    metadata,
    Column("action_id", Id, ForeignKey("bulk_actions.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("document_id", Id, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", JSON(none_as_null=True)),
    Column("correction_id", Serial),
    Column("at", UtcDateTime),
    Index("ix_bulk_entries_state", "action_id", "state", "ordinal"),
    Index("ix_bulk_entries_document_id", "document_id"),
)

purged_hashes = Table(
    "purged_hashes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

redirects = Table(
    "redirects",
    metadata,
    Column("old_id", Id, primary_key=True),
    Column("new_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_redirects_new_id", "new_id"),
)

# Identity of imported lines: the line received last is the document's source.
import_ids = Table(
    "import_ids",
    metadata,
    Column("import_id", Text, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("document_id", Id),
)

# Blobs that nothing may need any more; deleted only after a look at who refers to them.
garbage = Table(
    "garbage",
    metadata,
    Column("key", Text, primary_key=True),
    Column("not_before", UtcDateTime, nullable=False),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("retention", Text),
    Column("fonds", Text),
    Column("year", Integer),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Text, nullable=False),
    Index("ix_dossiers_code", "code", "id"),
)

dossier_documents = Table(
    "dossier_documents",
    metadata,
    Column("dossier_id", Id, ForeignKey("dossiers.id"), primary_key=True),
    Column("document_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", Text, nullable=False),
    Index("ix_dossier_documents_document_id", "document_id"),
)

# Registers of an office, taken in and held against the archive.
registers = Table(
    "registers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("office", Text),
    Column("sha256", String(64), nullable=False),
    Column("batch_id", Id, ForeignKey("batches.id"), nullable=False),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("skipped", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_registers_sha256", "sha256"),
)

register_rows = Table(
    "register_rows",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("register_id", Id, ForeignKey("registers.id"), nullable=False),
    Column("sheet", Text),
    Column("number", Integer, nullable=False),
    Column("reason", JSON(none_as_null=True)),  # why a row was not taken in; the columns below are null then
    Column("identity", Text),
    Column("given", JSON(none_as_null=True)),
    Column("record", JSON(none_as_null=True)),  # what `given` makes alone
    Column("symbol_key", Text),
    Column("arrival_number", Text),
    Column("scan_id", Id, ForeignKey("documents.id")),
    Index("ix_register_rows_register_id", "register_id", "number"),
    Index("ix_register_rows_identity", "identity"),
    Index("ix_register_rows_symbol_key", "symbol_key"),
    Index("ix_register_rows_arrival_number", "arrival_number"),
    Index("ix_register_rows_scan_id", "scan_id"),
)

# Queries that go on being asked. `known_seq` is the last event that was looked at, `found_seq` counts the documents
# found; those up to `seen_seq` a person has marked as seen.
saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("query", JSON, nullable=False),
    Column("owner", Text, nullable=False),
    Column("access", JSON, nullable=False),
    Column("collections", JSON(none_as_null=True)),  # null: all
    Column("started", Boolean, nullable=False, server_default=false()),
    Column("known_seq", BigInteger, nullable=False),
    Column("found_seq", Integer, nullable=False, server_default="0"),
    Column("seen_seq", Integer, nullable=False, server_default="0"),
    Column("failure", JSON(none_as_null=True)),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_saved_searches_owner", "owner", "name", "id"),
)

# Documents that a saved search found; those that matched when it was saved have no `seq`.
search_matches = Table(
    "search_matches",
    metadata,
    Column("search_id", Id, ForeignKey("saved_searches.id"), primary_key=True),
    Column("document_id", Id, ForeignKey("documents.id"), primary_key=True),
    Column("seq", Integer),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_search_matches_seq", "search_id", "seq"),
    Index("ix_search_matches_document_id", "document_id"),
)

# Who is told what happens. `planned_seq` is the last event of which its messages were made.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("searches", JSON, nullable=False),  # for search.matched: only these; all of the owner where it is empty
    Column("owner", Text, nullable=False),
    Column("access", JSON, nullable=False),
    Column("collections", JSON(none_as_null=True)),  # null: all
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),  # signs beside the new one until `old_secret_until`
    Column("old_secret_until", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("reason", JSON(none_as_null=True)),
    Column("failing_since", UtcDateTime),
    Column("planned_seq", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_webhooks_owner", "owner", "id"),
)

# Messages to webhooks; a pending one is due at `next_at`, which moves on while somebody sends it.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", Id, ForeignKey("webhooks.id"), nullable=False),
    Column("type", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime),
    Column("status", Integer),
    Column("duration_ms", Integer),
    Column("error", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
    Index("ix_webhook_deliveries_finished_at", "finished_at"),
    Index(
        "ix_webhook_deliveries_pending",
        "webhook_id",
        "next_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

# Accounts; a name is unique whatever its capitals. Disabled ones stay, since the log of events names them.
users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("clearance", String(16), nullable=False),
    Column("collections", JSON(none_as_null=True)),  # null: all
    Column("password", Text),  # as argon2id writes it; none until a one-time link was used
    Column("disabled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_login_at", UtcDateTime),
)

# Of tokens and keys only the SHA-256 is here.
invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", Text),
    Column("agent", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

# Failed logins by name and by address (both hashed); the next one is looked at from `free_at` on.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("free_at", UtcDateTime, nullable=False),
)
