"""A rebuild of a large index while people search and write, on a running archive, through HTTP.

    VANBAN_SHARED=/path python -m tests.bench.reindex [--documents 75870] [--engine embedded|opensearch|both]

The archive is filled with legal articles (tests/bench/scale), `vanban up` started and the index built once. Then
`vanban reindex` runs again while two people search (each answer's total must be what it was before) and one sends,
corrects, deletes and restores documents. Printed are documents per second with and without that load, failed searches,
lost writes and deleted documents that came back.
"""

import argparse
import asyncio
import itertools
import json
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.core.settings import load_settings
from tests.bench.scale.filling import fill
from tests.bench.scale.texts import texts
from tests.integration.workers_support import text_file
from tests.running import RunningArchive, running_archive

_SEARCHES = ("nghĩa vụ của người sử dụng đất", "bảo hiểm y tế", "xu phat vi pham hanh chinh", '"an toàn thực phẩm"', "")
_FILTER: dict[str, str | int] = {"kind": "TT", "limit": 10}
"""Circulars; what is written meanwhile are letters, so the totals stay."""
_FIRST_NUMBER = 9_000_000


def main() -> int:
    """Measure and print; 1 where something failed, was lost or came back, 0 where the shared texts are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=75_870)
    parser.add_argument("--engine", choices=("embedded", "opensearch", "both"), default="both")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    engines = ("embedded", "opensearch") if options.engine == "both" else (options.engine,)
    return max(_measure(engine, Path(shared), options.documents) for engine in engines)


def _measure(engine: str, shared: Path, count: int) -> int:
    with tempfile.TemporaryDirectory(prefix="vbr-", dir="/tmp") as temporary:
        folder = Path(temporary, "archive")
        asyncio.run(fill(load_settings(data_dir=folder), texts(shared, count)))
        with running_archive(folder, engine=engine) as archive:
            alone = _reindex(archive)
            load = Load(archive)
            with load:
                under_load = _reindex(archive)
            lost, back = load.judge()
    print(
        f"{engine}, {count} documents: {alone:.0f} documents/s alone, {under_load:.0f} under load\n"
        f"  searches {load.searches}, failed {load.failed}, with a wrong total {load.wrong}\n"
        f"  writes {load.writes}, lost {lost}; deleted documents that came back {back}",
        flush=True,
    )
    return int(bool(load.failed or load.wrong or lost or back))


def _reindex(archive: RunningArchive) -> float:
    report = archive.reindex()
    return float(report["documents"]) / float(report["seconds"])


@dataclass
class Load:
    """Two who search and one who writes, from entering the block until its end."""

    archive: RunningArchive
    searches: int = 0
    failed: int = 0
    wrong: int = 0
    writes: int = 0
    there: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    """Ids of documents, and what finds each of them alone."""

    def __enter__(self) -> "Load":
        self._over = threading.Event()
        self._totals = {q: self.archive.search(q, **_FILTER)["total"] for q in _SEARCHES}
        self._threads = ThreadPoolExecutor(3)
        self._work = [self._threads.submit(work) for work in (self._search, self._search, self._write)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._threads.shutdown()
        for work in self._work:
            work.result()  # what went wrong with the load itself

    def judge(self) -> tuple[int, int]:
        """Count the writes that are lost and the deletes that came back, once nothing is left to be done."""
        while json.loads(self.archive.cli("status", "--json").stdout)["outbox"]:
            time.sleep(0.2)
        lost = [i for i, q in self.there.items() if i not in self._found(self.archive.http, q)]
        back = [i for i, q in self.gone.items() if self.archive.search(q)["total"]]
        return len(lost), len(back)

    def _search(self) -> None:
        with httpx.Client(base_url=self.archive.url, timeout=60) as client:
            for q in itertools.cycle(_SEARCHES):
                if self._over.is_set():
                    return
                answer = client.get("/api/v1/search", params={"q": q, **_FILTER})
                self.searches += 1
                self.failed += answer.status_code != httpx.codes.OK
                if answer.status_code == httpx.codes.OK:
                    self.wrong += answer.json()["total"] != self._totals[q]

    def _write(self) -> None:
        with httpx.Client(base_url=f"{self.archive.url}/api/v1", timeout=60) as client:
            for number in itertools.count(_FIRST_NUMBER):
                if self._over.is_set():
                    return
                self._one(client, number)

    def _one(self, client: httpx.Client, number: int) -> None:
        (item,) = self.archive.wait(self.archive.upload((f"{number}.txt", text_file(number))))
        (document,) = item["document_ids"]
        self._keep(document, f'"đợt {number}"')
        if number % 3 == 0:
            seen = {"If-Match": client.get(f"/documents/{document}").headers["ETag"]}
            subject = {"subject": f"Sửa đổi lần {number}"}
            client.patch(f"/documents/{document}/record", json=subject, headers=seen).raise_for_status()
            self._keep(document, f'"Sửa đổi lần {number}"')
        if number % 3 == 1:
            client.delete(f"/documents/{document}").raise_for_status()
            self.gone[document] = self.there.pop(document)
            self.writes += 1
        if number % 6 == 1:
            client.post(f"/documents/{document}/restore").raise_for_status()
            self._keep(document, self.gone.pop(document))

    def _keep(self, document: str, q: str) -> None:
        self.there[document] = q
        self.writes += 1

    def _found(self, client: httpx.Client, q: str) -> list[str]:
        answer = client.get("/api/v1/search", params={"q": q})
        return [hit["id"] for hit in answer.json()["hits"]]


if __name__ == "__main__":
    raise SystemExit(main())
