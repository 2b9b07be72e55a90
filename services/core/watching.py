"""Saved searches: what is kept of them, and what they found."""

import datetime as dt

from services.core.model import JSON, DocumentRef, Model, Reason


class SavedSearch(Model):
    """A query that goes on being asked: of every document that becomes ready or changes.

    `query` has the parameters of a search that differ from their defaults. `started` is false until what matched when
    it was saved is known as seen. `new` counts the documents found since, up to `cursor`, that nobody marked as seen.
    `failure` says why the query cannot be asked any more.
    """

    id: str
    name: str
    query: dict[str, JSON]
    started: bool
    new: int
    found: int
    cursor: str
    failure: Reason | None = None
    created_at: dt.datetime
    updated_at: dt.datetime


class NewDocument(Model):
    """A document that a saved search found, and since when it does."""

    document: DocumentRef
    found_at: dt.datetime
    cursor: str


class NewDocuments(Model):
    """Documents that a saved search found after a cursor, the oldest first; ask with `next` again, also after none."""

    items: tuple[NewDocument, ...]
    next: str


class SearchWork(Model):
    """What the evaluation of a saved search goes on from: whose it is, its query, and the last event it knows of."""

    id: str
    revision: int
    owner: str
    access: frozenset[str]
    collections: frozenset[str] | None = None
    query: dict[str, JSON]
    started: bool
    known: int
