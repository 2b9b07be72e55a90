"""What a saved search found, as feeds: JSON Feed 1.1 and Atom (RFC 4287). Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from services.core.dates import date_text
from services.core.model import JSON, DocumentRef
from services.core.watching import NewDocument, SavedSearch
from services.export.values import cell

ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED = "https://jsonfeed.org/version/1.1"
FEED_ENTRIES = 50
"""Entries of a feed, the newest ones; `/new` has all."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A saved search with what it found last, the newest first; `base` is the address of the archive."""

    search: SavedSearch
    entries: Sequence[NewDocument]
    base: str

    @property
    def page(self) -> str:
        """The address of the page of the search."""
        return f"{self.base}/searches/{self.search.id}"

    def address(self, name: str) -> str:
        """Return the address of a feed."""
        return f"{self.base}/api/v1/searches/{self.search.id}/{name}"

    @property
    def updated(self) -> dt.datetime:
        """When the feed last had something new."""
        return max([self.search.updated_at, *(e.found_at for e in self.entries[:1])])

    def document_page(self, entry: NewDocument) -> str:
        """Return the address of a document's page, where the words of the query are marked."""
        q = self.search.query.get("q")
        return f"{self.base}/documents/{entry.document.id}" + (f"?{urlencode({'q': q})}" if q else "")


def json_feed(feed: Feed) -> bytes:
    """Return a JSON Feed."""
    body: JSON = {
        "version": JSON_FEED,
        "title": cell(feed.search.name),
        "home_page_url": feed.page,
        "feed_url": feed.address("feed.json"),
        "language": "vi",
        "items": [
            {
                "id": entry_id(entry.document),
                "url": feed.document_page(entry),
                "title": title(entry.document),
                "content_text": summary(entry.document),
                "date_published": _time(entry.found_at),
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def atom_feed(feed: Feed) -> bytes:
    """Return an Atom feed; whatever was read on the pages, it is well-formed."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "vi"})
    _add(root, "id", f"urn:uuid:{feed.search.id}")
    _add(root, "title", cell(feed.search.name))
    _add(root, "updated", _time(feed.updated))
    _add(_add(root, "author"), "name", "vanban")
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.address("feed.atom"))
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in feed.entries:
        node = _add(root, "entry")
        _add(node, "id", entry_id(entry.document))
        _add(node, "title", title(entry.document))
        _add(node, "published", _time(entry.found_at))
        _add(node, "updated", _time(entry.found_at))
        _add(node, "link", rel="alternate", type="text/html", href=feed.document_page(entry))
        _add(node, "summary", summary(entry.document))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def entry_id(document: DocumentRef) -> str:
    """Return the id of an entry, the same in every feed and for ever."""
    return f"urn:uuid:{document.id}"


def title(document: DocumentRef) -> str:
    """Return one line that names a document, by its id where nothing else is known."""
    kind = document.kind.name if document.kind else None
    parts = [cell(part) for part in (kind, document.symbol, document.subject) if part]
    return " · ".join(part for part in parts if part) or document.id


def summary(document: DocumentRef) -> str:
    """Return who issued a document and when, as far as it is known."""
    issued = date_text(document.issued_on) if document.issued_on else None
    return ", ".join(cell(part) for part in (document.issuer, issued) if part)


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    node = ET.SubElement(parent, name, attributes)
    node.text = text
    return node


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
