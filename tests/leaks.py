"""An archive of planted documents, and the question of every route whether it tells of one that somebody may not see.

Each document has words of its own in its text, symbol, subject, issuer, file name, task and citation. An answer must
hold none of them, nor an id of the document, where its asker may not see it; and it must be what an archive answers
that never had those documents: counts included. What docs/security.md does not promise (scores, order, cursors) is
left out.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from services.core.bulk import BulkKind, BulkPlan
from services.core.model import DossierForm, Level, Principal, Role, Scope, local_principal
from services.core.permits import ROLE_SCOPES, require
from services.core.trace import Access
from services.search import SearchQuery
from services.web.admission import Needs
from tests.unit.web_support import House, open_house

COLLECTIONS = ("default", "y-te", "tài chính")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:\d.]*(?:Z|\+\d\d:\d\d)?|\d\d/\d\d/\d{4} \d\d:\d\d")
_UNPROMISED = {"seq", "hash", "took_ms", "score", "cursor", "next", "since", "revision", "row"}
_UNPROMISED_TEXT = re.compile(
    r"\b\d+ ms\b|\d+[.,]\d+ (s|giây)|cursor=[\w%-]+|since=[\w%-]+|score\W+[\d.]+"
    r"|corrections/\d+|name=.queue. value=.\w+=*"
)
_NOWHERE = str(UUID(int=7))


@dataclass(frozen=True)
class Plant:
    """A document with its own words; no two documents have words one edit apart."""

    number: int
    level: Level
    collection: str

    @property
    def stem(self) -> str:
        """What all of its words begin with."""
        a, b = divmod(self.number, 20)
        return "zq" + "bcdfghjklmnpqrstvwxz"[b] * 3 + "aeiou"[a] * 3

    @property
    def symbol(self) -> str:
        """Its symbol."""
        return f"{1000 + self.number}/QĐ-{self.stem.upper()}"

    @property
    def lines(self) -> list[str]:
        """What stands on its page."""
        return [
            f"Số: {self.symbol}",
            f"V/v {self.stem}sub chung",
            f"Nội dung chung {self.stem}txt của văn bản theo Quyết định {2000 + self.number}/QĐ-{self.stem.upper()}REF",
        ]

    @property
    def record(self) -> dict[str, Any]:
        """What its sender says of it."""
        return {
            "symbol": self.symbol,
            "subject": f"chung {self.stem}sub",
            "issuer": f"Sở {self.stem}iss",
            "signer": f"{self.stem}sig",
            "issued_on": "2021-08-12",
            "citations": [f"{2000 + self.number}/QĐ-{self.stem.upper()}REF", "77/QĐ-UBND"],
            "tasks": [{"assignees": ["Sở Y tế"], "text": f"báo cáo {self.stem}tsk", "due": "2021-09-20"}],
        }

    def seen_by(self, p: Principal) -> bool:
        """Tell whether somebody may see it: the rule itself, in other words than the product's."""
        return self.level in p.access and (p.collections is None or self.collection in p.collections)


# What is asked of each route about a document. A route that is in none of the four is a hole in this test, which fails.
READS: dict[str, Sequence[str]] = {
    "/api/v1/batches": [""],
    "/api/v1/batches/{batch_id}": [""],
    "/api/v1/batches/{batch_id}/items": [""],
    "/api/v1/batches/{batch_id}/events": [""],
    "/api/v1/sources": ["?sha256={sha256}"],
    "/api/v1/sources/{source_id}": [""],
    "/api/v1/sources/{source_id}/original": [""],
    "/api/v1/sources/{source_id}/searchable.pdf": [""],
    "/api/v1/sources/{source_id}/documents": [""],
    "/api/v1/documents/{document_id}": [""],
    "/api/v1/documents/{document_id}/citations": [""],
    "/api/v1/documents/{document_id}/similar": [""],
    "/api/v1/documents/{document_id}/near-duplicates": [""],
    "/api/v1/documents/{document_id}/text": [""],
    "/api/v1/documents/{document_id}/clauses": [""],
    "/api/v1/documents/{document_id}/alto": [""],
    "/api/v1/documents/{document_id}/hocr": [""],
    "/api/v1/documents/{document_id}/pages/{number}": [""],
    "/api/v1/documents/{document_id}/pages/{number}/image": ["?width=60"],
    "/api/v1/citations/missing": ["", "?limit=2"],
    "/api/v1/citations/missing/export": ["?format=csv", "?format=xlsx"],
    "/api/v1/citations/symbols/{key}": [""],
    "/api/v1/tasks": ["", "?state=all&limit=2"],
    "/api/v1/tasks/export": ["?format=csv"],
    "/api/v1/dossiers": ["", "?document={document_id}"],
    "/api/v1/dossiers/{dossier_id}": [""],
    "/api/v1/dossiers/{dossier_id}/documents": [""],
    "/api/v1/registers": [""],
    "/api/v1/registers/{register_id}": [""],
    "/api/v1/search": [
        "?q={stem}txt",
        "?q={stem}tx",
        "?q={symbol}",
        "?q=chung&limit=100",
        "?q=",
        "?issuer=so-{stem}iss",
        "?signer={stem}sig",
        "?batch={batch_id}",
        "?q=%22chung+{stem}sub%22",
        "?cites={symbol}REF",
        "?q=chungg+{stem}su",
    ],
    "/api/v1/search/facets/{facet}": ["", "?prefix={stem}"],
    "/api/v1/suggest": ["?q={stem}", "?q=chung", "?q={symbol}"],
    "/api/v1/searches": [""],
    "/api/v1/searches/{search_id}": [""],
    "/api/v1/searches/{search_id}/new": [""],
    "/api/v1/searches/{search_id}/feed.json": [""],
    "/api/v1/searches/{search_id}/feed.atom": [""],
    "/api/v1/webhooks": [""],
    "/api/v1/webhooks/{webhook_id}": [""],
    "/api/v1/webhooks/{webhook_id}/deliveries": [""],
    "/api/v1/export": [
        "?format=csv&q=chung",
        "?format=ndjson&q=",
        "?format=docx&q={stem}txt",
        "?format=edxml&q={stem}txt",
    ],
    "/api/v1/changes": [""],
    "/api/v1/aliases": [""],
    "/api/v1/works": [""],
    "/api/v1/audit": ["", "?of={document_id}"],
    "/api/v1/audit/export": [""],
    "/api/v1/audit/head": [""],
    "/api/v1/documents/{document_id}/accesses": [""],
    "/audit": ["", "?of={document_id}"],
    "/iiif/{document_id}/manifest": [""],
    "/iiif/{document_id}/search/1": ["?q=chung"],
    "/iiif/{document_id}/search/2": ["?q=chung"],
    "/iiif/dossiers/{dossier_id}/collection": [""],
    "/metrics": [""],
    "/": [""],
    "/search": ["?q=chung", "?q={stem}txt", "?q={stem}tx"],
    "/documents/{document_id}": ["", "?q=chung"],
    "/documents/{document_id}/text": [""],
    "/upload": [""],
    "/batches/{batch_id}": [""],
    "/dossiers": [""],
    "/dossiers/{dossier_id}": [""],
    "/review": [""],
    "/review/next": [""],
    "/documents/{document_id}/review": [""],
    "/documents/{document_id}/trash": [""],
    "/sources/{source_id}/trash": [""],
    "/symbols/{key:path}": [""],
    "/missing": [""],
    "/aliases": [""],
    "/tasks": ["", "?state=all"],
    "/searches": [""],
    "/searches/{search_id}": [""],
    "/webhooks": [""],
    "/webhooks/{webhook_id}": [""],
    "/registers": [""],
    "/registers/{register_id}": [""],
    "/progress": [""],
    "/docs": [""],
    "/docs/{slug}": [""],
    "/bulk": [""],
    "/bulk/{action_id}": [""],
    "/api/v1/bulk-actions": [""],
    "/api/v1/bulk-actions/{action_id}": [""],
    "/api/v1/bulk-actions/{action_id}/documents": [""],
    "/api/v1/review": ["", "?limit=2"],
    "/api/v1/documents/{document_id}/corrections": [""],
}
WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/batches/{batch_id}/retry"): {},
    ("POST", "/api/v1/batches/{batch_id}/items/{item_id}/retry"): {},
    ("POST", "/api/v1/batches/{batch_id}/pause"): {},
    ("POST", "/api/v1/batches/{batch_id}/resume"): {},
    ("POST", "/api/v1/batches/{batch_id}/cancel"): {},
    ("PATCH", "/api/v1/batches/{batch_id}"): {"json": {"priority": 3}},
    ("PUT", "/api/v1/batches/{batch_id}/files/{sha256}"): {"content": b"%PDF-1.4 x", "params": {"name": "x.pdf"}},
    ("PUT", "/api/v1/sources/{source_id}/documents"): {"json": [{"first_page": 1, "last_page": 1}]},
    ("DELETE", "/api/v1/sources/{source_id}/documents"): {},
    ("DELETE", "/api/v1/sources/{source_id}"): {},
    ("POST", "/api/v1/sources/{source_id}/restore"): {},
    ("POST", "/api/v1/sources/{source_id}/purge"): {},
    ("PUT", "/api/v1/documents/{document_id}/near-duplicates/{other_id}"): {"json": {"same": False}},
    ("PATCH", "/api/v1/documents/{document_id}"): {"json": {"access": "public"}},
    ("PATCH", "/api/v1/documents/{document_id}/record"): {"json": {"subject": "x"}},
    ("DELETE", "/api/v1/documents/{document_id}/corrections/{correction_id}"): {},
    ("PATCH", "/api/v1/documents/{document_id}/tasks/{number}"): {"json": {"done": True}},
    ("POST", "/api/v1/documents/{document_id}/replace"): {"files": {"file": ("x.pdf", b"%PDF-1.4 x")}},
    ("DELETE", "/api/v1/documents/{document_id}"): {},
    ("POST", "/api/v1/documents/{document_id}/restore"): {},
    ("POST", "/api/v1/documents/{document_id}/purge"): {},
    ("PUT", "/api/v1/dossiers/{dossier_id}/documents/{document_id}"): {},
    ("DELETE", "/api/v1/dossiers/{dossier_id}/documents/{document_id}"): {},
    ("POST", "/batches/{batch_id}/{act}"): {},
    ("POST", "/batches/{batch_id}/items/{item_id}/retry"): {},
    ("POST", "/documents/{document_id}/dossiers"): {"data": {"code": "01"}},
    ("POST", "/dossiers/{dossier_id}/take-out"): {"data": {"document_id": "{document_id}"}},
    ("POST", "/documents/{document_id}/review"): {"data": {"revision": "1"}},
    ("POST", "/documents/{document_id}/corrections/{correction_id}/withdraw"): {"data": {"revision": "1"}},
    ("POST", "/documents/{document_id}/split"): {"data": {"version": "1", "runs": "1-1"}},
    ("POST", "/documents/{document_id}/rescan"): {"files": {"file": ("x.pdf", b"%PDF-1.4 x")}},
    ("POST", "/documents/{document_id}/trash"): {},
    ("POST", "/documents/{document_id}/restore"): {},
    ("POST", "/sources/{source_id}/trash"): {},
    ("POST", "/documents/{document_id}/near-duplicates/{other_id}/{said}"): {},
    ("POST", "/documents/{document_id}/access"): {"data": {"access": "public", "revision": "1"}},
    ("POST", "/tasks/{document_id}/{number}"): {"data": {"revision": "1", "done": "true"}},
}
"""Asked of documents that the asker may not see only: the answer is 404, or 403 for want of a scope."""
NUMBERED = ("/registers/", "/audit", "/api/v1/audit/export")
"""They show the numbers of lines, in which a gap is not promised to hide: held against no other archive."""
NOT_OF_DOCUMENTS = (
    "/static",
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
    "/login",
    "/logout",
    "/account",
    "/users",
    "/api/v1/users",
    "/invite",
)
OF_THE_CALLER = re.compile(
    r"/api/v1/(dossiers|registers|searches|webhooks|search/batch|batches|aliases|bulk-actions)|"
    r"/(dossiers|aliases|searches|webhooks|registers|upload|bulk)\b|/api/v1/(account|users|keys|sessions)"
)
"""Writes to what is the caller's own, or entered by people: they name no document, and answer with what was sent."""


def routes(house: House) -> list[tuple[str, str]]:
    """Return every (method, path) of the app, and fail for one that nothing is asked of."""
    found = []
    for context in iter_route_contexts(house.app.routes):
        path, route = context.path or "", context.original_route
        if isinstance(route, Mount) or path.startswith(NOT_OF_DOCUMENTS):
            continue
        for method in sorted(getattr(route, "methods", None) or ()):
            asked = path in READS if method == "GET" else (method, path) in WRITES
            if asked:
                found.append((method, path))
            elif method == "GET" or not OF_THE_CALLER.match(path):
                raise AssertionError(f"{method} {path} has no recipe in tests/leaks.py: say what is asked of it")
    return found


class Grove:
    """An archive with planted documents, and the ids that they have there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[int, dict[str, str]] = {}
        self.labels: dict[str, str] = {}
        self.asker = local_principal("web")
        for scope, leaves in product(Scope, (None, *Access)):
            needs = Needs(scope, leaves)
            house.app.dependency_overrides[needs] = lambda scope=scope: require(self.asker, scope)
        house.archive.trace.note = lambda *_, **__: None  # type: ignore[method-assign] # what is asked here is no history

    async def plant(self, plants: Sequence[Plant], askers: Sequence[Principal]) -> None:
        """Fill the archive: documents, a dossier and a register of all of them, a saved search of each asker."""
        archive, me = self.house.archive, local_principal("cli")
        searches = {p.name: await self.house.site.saved.create(p, "chung", SearchQuery(q="chung")) for p in askers}
        await self._evaluate()
        for plant in plants:
            await self._seed(plant)
        dossier = await archive.dossiers.create(me, DossierForm(code="01", title="Hồ sơ"))
        for plant in plants:
            await archive.dossiers.put(me, dossier.id, self.ids[plant.number]["document_id"])
        rows = "".join(f"{p.symbol},2021-08-12,Sở {p.stem}iss,{p.stem}reg\n" for p in plants)
        table = f"Số ký hiệu,Ngày tháng,Tác giả,Tên loại và trích yếu\n77/KH-UBND,2021-08-12,UBND,chung\n{rows}"
        register = await archive.registers.take_in(me, "sổ.csv", table.encode())
        await self.house.work()
        await self._evaluate()
        self.common = {"dossier_id": dossier.id, "register_id": register.id}
        self.searches = {name: search.id for name, search in searches.items()}
        self.actions = {p.name: await self._planned(p) for p in askers}

    async def _planned(self, p: Principal) -> str:
        ids = await self.house.site.search.found_ids(p, SearchQuery(q="chung"), most=100)
        if not ids or not p.may(Scope.CORRECT):
            return _NOWHERE
        chosen = await self.house.archive.bulk.choose(p, ids)
        await self.house.archive.bulk.plan(p, chosen.id, BulkPlan(kind=BulkKind.CORRECT, patch={"shelf": "K1"}))
        return chosen.id

    async def _evaluate(self) -> None:
        while await self.house.site.saved.evaluate():
            pass

    async def _seed(self, plant: Plant) -> None:
        form: dict[str, Any] = {"access": plant.level.value, "collection": plant.collection}
        form["record"] = json.dumps(plant.record)
        document_id = await self.house.seed(plant.lines, f"{plant.stem}fil.pdf", label=f"lô {plant.stem}", **form)
        me = local_principal("cli")
        document = await self.house.archive.documents.get(me, document_id)
        source = await self.house.archive.account.source(me, document.source_id)
        ids = {"document_id": document_id, "source_id": source.id, "item_id": source.items[0].id}
        ids["batch_id"] = source.items[0].batch_id
        self.labels |= {value: f"{key}-{plant.number}" for key, value in ids.items()}
        self.ids[plant.number] = {**ids, "sha256": source.sha256}

    def address(self, pattern: str, plant: Plant, p: Principal) -> str:
        """Fill in an address; a document that is not here has ids that nothing has."""
        unknown = dict.fromkeys(("document_id", "source_id", "item_id", "batch_id"), _NOWHERE)
        known = self.ids.get(plant.number) or {**unknown, "sha256": "0" * 64}
        given = {
            "number": 1,
            "facet": "issuer",
            "slug": "documents",
            "act": "pause",
            "said": "apart",
            "other_id": _NOWHERE,
        }
        given |= {
            "slug": "documents",
            "webhook_id": _NOWHERE,
            "alias_id": 1,
            "correction_id": 1,
            "search_id": self.searches.get(p.name, _NOWHERE),
            "action_id": self.actions.get(p.name, _NOWHERE),
        }
        given |= {
            "key": f"{1000 + plant.number}||QD-{plant.stem.upper()}",
            "stem": plant.stem,
            "symbol": quote(plant.symbol, safe=""),
        }
        return pattern.replace("{key:path}", "{key}").format_map({**given, **self.common, **known})

    def asked(self, plant: Plant, address: str) -> list[str]:
        """Return the ids of a document that an address names."""
        ids = self.ids.get(plant.number) or {"sha256": "0" * 64}
        return [value for value in ids.values() if value in address]

    async def ask(self, p: Principal, method: str, address: str, **options: Any) -> httpx.Response:
        """Ask as somebody."""
        self.asker = p
        headers = {"Accept": "application/json", "If-Match": "*"} if method != "GET" else {}
        origin = {"Origin": "http://localhost:8000"}
        return await self.house.client.request(method, address, headers=headers | origin, **options)


def text_of(answer: httpx.Response) -> str:
    """Return all that an answer says; what is packed is unpacked."""
    if answer.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    kept = " ".join(f"{k}: {v}" for k, v in answer.headers.items() if k in ("location", "content-disposition", "link"))
    return answer.content.decode("utf-8", "replace") + kept


def told(answer: httpx.Response, grove: Grove, address: str, secret: Plant) -> str | None:
    """Return what an answer tells of a document beyond what was asked with, None where that is nothing."""
    said = text_of(answer).lower()
    for word in sorted(re.findall(r"zq[a-z]+", address.lower()), key=len, reverse=True):
        said = said.replace(word, "")
    ids = [i for i in grove.ids[secret.number].values() if i not in address]
    return next((word for word in (secret.stem, *ids) if word in said), None)


def normal(answer: httpx.Response, grove: Grove, asked: Sequence[str]) -> Any:
    """Return an answer without what is not promised and what it was asked with, comparable with another archive's."""
    said = text_of(answer)
    for word in asked:
        said = said.replace(word, "ID")
    for id_, label in grove.labels.items():
        said = said.replace(id_, label)
    said = re.sub(r"(?m)^id: \d+", "", _TIME.sub("TIME", _UUID.sub("ID", said)))
    kind = answer.headers.get("content-type", "")
    if "json" in kind and "ndjson" not in kind and answer.content:
        return answer.status_code, _bare(json.loads(said.split("content-disposition:")[0].split("location:")[0]))
    if answer.content[:2] in (b"PK", b"\xff\xd8") or "pdf" in kind:
        return answer.status_code
    lines = (_UNPROMISED_TEXT.sub("", line).strip() for line in said.split("\n"))
    return answer.status_code, sorted(line for line in lines if line and "http_request" not in line)


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        numbered = isinstance(value.get("id"), int)  # of a correction: from one sequence
        return {k: _bare(v) for k, v in value.items() if k not in _UNPROMISED and not (numbered and k == "id")}
    if isinstance(value, list):
        return sorted((_bare(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True, ensure_ascii=False))
    return value


@dataclass
class Tally:
    """How much was asked and what leaked."""

    triples: int = 0
    leaks: list[str] = field(default_factory=list)


def askers(chance: random.Random, count: int) -> list[Principal]:
    """Return people of random clearance, collections and role; none sees everything."""
    found = []
    for n in range(count):
        level = chance.choice(list(Level)[:3] if n % 3 else list(Level))
        some = frozenset(chance.sample(COLLECTIONS, chance.choice((1, 2))))
        collections = some if level is Level.SECRET or chance.random() < 0.5 else None
        role = chance.choice(list(Role))
        found.append(Principal(f"người {n}", level.and_below(), "web", None, role, ROLE_SCOPES[role], collections))
    return found


@asynccontextmanager
async def groves(
    folder: Path, chance: random.Random, plants: int, people: int, url: Any = None
) -> AsyncIterator[tuple[list[Plant], list[Principal], Grove, dict[str, Grove]]]:
    """Open the whole archive, and for each asker one that has only what they may see."""
    every = [Plant(n, chance.choice(list(Level)), chance.choice(COLLECTIONS)) for n in range(plants)]
    crowd = askers(chance, people)
    async with AsyncExitStack() as stack:

        async def grove(name: str, kept: Sequence[Plant], who: Sequence[Principal]) -> Grove:
            values = {"index_url": url(name)} if url else {}
            (folder / name).mkdir()
            opened = Grove(await stack.enter_async_context(open_house(folder / name, **values)))
            await opened.plant(kept, who)
            return opened

        whole = await grove("whole", every, crowd)
        mine = {p.name: await grove(f"part{n}", [x for x in every if x.seen_by(p)], [p]) for n, p in enumerate(crowd)}
        yield every, crowd, whole, mine


def questions(house: House) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each question that a route is asked about a document: method, address, what is sent."""
    for method, path in routes(house):
        if method == "GET":
            yield from ((method, path + suffix, {}) for suffix in READS[path])
        else:
            yield method, path, WRITES[method, path]


async def look(grove: Grove, mine: Grove, p: Principal, plant: Plant, question: Any, tally: Tally, known: Any) -> None:
    """Ask one question about one document, and hold the answer against what the asker may see."""
    method, pattern, options = question
    hidden = not plant.seen_by(p)
    if method != "GET" and not hidden:
        return
    tally.triples += 1
    address = grove.address(pattern, plant, p)
    data = {k: str(v).format_map(grove.ids[plant.number]) for k, v in options.get("data", {}).items()}
    answer = await grove.ask(p, method, address, **{**options, **({"data": data} if data else {})})
    where = (
        f"{p.name} ({max(p.access, key=lambda x: list(Level).index(Level(x)))}, {p.collections}): {method} {address}"
    )
    if answer.status_code >= 500:
        tally.leaks.append(f"{where} -> {answer.status_code}")
    if hidden and (word := told(answer, grove, address + str(data), plant)):
        tally.leaks.append(f"{where} -> {answer.status_code} tells {word!r}")
    if method != "GET":
        if answer.status_code not in (403, 404):
            tally.leaks.append(f"{where} -> {answer.status_code} for what is kept from them")
        return
    if pattern.startswith(NUMBERED):
        return
    there = mine.address(pattern, plant, p)
    if (p.name, there) not in known:
        known[p.name, there] = normal(
            await mine.ask(p, method, there), mine, mine.asked(plant, there) if hidden else ()
        )
    if normal(answer, grove, grove.asked(plant, address) if hidden else ()) != known[p.name, there]:
        tally.leaks.append(
            f"{where} -> {answer.status_code} is not the answer of an archive without what they may not see"
        )
