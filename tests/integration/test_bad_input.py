"""Every bad file ends in a clear state with a reason that people can act on; its neighbours and the workers live on.

The whole chain runs: `vanban up` with sandboxed readers under tight limits, files come by HTTP and command line.
"""

from __future__ import annotations

import hashlib
import json
import threading
import unicodedata
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.core.messages import reason_sentences, say
from services.core.model import Reason
from tests.corpus import hostile
from tests.running import RunningArchive, running_archive

_TIGHT = {
    "VANBAN_READER_PAGE_CPU_SECONDS": "6",
    "VANBAN_READER_PAGE_WALL_SECONDS": "90",
    "VANBAN_READER_ATTEMPTS": "2",
    "VANBAN_READER_PROCESSES": "2",
}
pytestmark = pytest.mark.timeout(1200)  # whole archives start and read; machines may be busy

_GOOD = ("done", "needs_review")
PASSWORD = "bi-mat"


@dataclass(frozen=True)
class Expected:
    """The states a file may end in and the reasons it may have (None: it needs none)."""

    states: tuple[str, ...]
    codes: tuple[str | None, ...]


def failed(*codes: str) -> Expected:
    return Expected(("failed",), codes)


READ = Expected(_GOOD, (None, "unconfirmed"))
NO_TEXT = Expected(("needs_review",), ("no_text",))
# A page as large as a wall is read when the machine is fast enough, and refused with its reason when it is not.
HUGE = Expected((*_GOOD, "failed"), (None, "unconfirmed", "no_text", "no_page_read"))
BAD: Mapping[str, tuple[bytes, Expected]] = {
    "rong.pdf": (b"", failed("empty_file")),
    "chu.pdf": (hostile.text_named_pdf(), failed("wrong_type")),
    "cat-doi.pdf": (hostile.truncated(hostile.healthy(2)), failed("damaged")),
    "mat-duoi.pdf": (hostile.healthy(3)[:-8], READ),
    "khoa-rc4.pdf": (hostile.locked(PASSWORD), failed("encrypted")),
    "khoa-aes.pdf": (hostile.locked(PASSWORD, aes=True), failed("encrypted")),
    "mo-rc4.pdf": (hostile.locked(""), READ),
    "mo-aes.pdf": (hostile.locked("", aes=True), READ),
    "20000-trang.pdf": (hostile.many_pages(20_000), failed("too_many_pages")),
    "rong-5-m.pdf": (hostile.page_of_size(14_173, 842), HUGE),
    "14400-pt.pdf": (hostile.page_of_size(14_400, 14_400), HUGE),
    "bom-anh.pdf": (hostile.image_bomb_pdf(), failed("no_page_read")),
    "bom-noi-dung.pdf": (hostile.content_bomb_pdf(), failed("reader_limit")),
    "bom.png": (hostile.image_bomb_png(), failed("image_too_large")),
    "anh-rong.pdf": (hostile.empty_picture_pdf(), NO_TEXT),
    "anh-nua.pdf": (hostile.half_picture_pdf(), READ),
    "vong-tron.pdf": (hostile.page_tree_in_a_circle(), failed("damaged")),
    "vo-tan.tif": (hostile.endless_tiff(), NO_TEXT),
}
HEALTHY = {"lanh-truoc.pdf": hostile.healthy(11), "lanh-sau.pdf": hostile.healthy(12)}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    with running_archive(tmp_path_factory.mktemp("bad") / "data", environment=_TIGHT) as archive:
        yield archive


@dataclass(frozen=True)
class Outcome:
    """What became of the files, and the workers before and after."""

    items: Mapping[str, Mapping[str, Any]]
    workers_before: tuple[int, ...]
    workers_after: tuple[int, ...]


@pytest.fixture(scope="module")
def outcome(house: RunningArchive) -> Outcome:
    before = tuple(house.pids("workers.run"))
    files = [("lanh-truoc.pdf", HEALTHY["lanh-truoc.pdf"]), *((name, data) for name, (data, _) in BAD.items())]
    items = house.read(*files, ("lanh-sau.pdf", HEALTHY["lanh-sau.pdf"]))
    return Outcome({item["name"]: item for item in items}, before, tuple(house.pids("workers.run")))


def _reason(item: Mapping[str, Any]) -> Reason | None:
    return Reason.model_validate(item["reason"]) if item["reason"] else None


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_ends_in_a_clear_state_with_its_reason(outcome: Outcome, name: str) -> None:
    item, expected = outcome.items[name], BAD[name][1]
    reason = _reason(item)
    assert item["state"] in expected.states, item
    assert (reason.code if reason else None) in expected.codes, item


def test_every_file_is_accounted_for(outcome: Outcome) -> None:
    assert set(outcome.items) == set(BAD) | set(HEALTHY)


@pytest.mark.parametrize("name", BAD)
def test_the_reason_is_a_sentence_in_both_languages(outcome: Outcome, name: str) -> None:
    reason = _reason(outcome.items[name])
    if reason is None:
        return
    vietnamese, english = say(reason, "vi"), say(reason, "en")
    assert reason.code in reason_sentences("vi")
    assert reason.code in reason_sentences("en")
    assert vietnamese != english
    for sentence in (vietnamese, english):
        assert "?" not in sentence, f"a parameter of {reason.code} is missing: {sentence}"


def test_the_files_before_and_after_the_bad_ones_are_read_and_found(house: RunningArchive, outcome: Outcome) -> None:
    for name in HEALTHY:
        item = outcome.items[name]
        assert item["state"] in _GOOD, item
        document = house.get(f"/documents/{item['document_ids'][0]}")
        found = house.search(document["record"]["symbol"])
        assert document["id"] in [hit["id"] for hit in found["hits"]]


def test_no_worker_died_of_it(house: RunningArchive, outcome: Outcome) -> None:
    assert outcome.workers_before
    assert outcome.workers_before == outcome.workers_after
    assert house.http.get("/readyz").status_code == 200


def test_a_file_that_lost_its_end_says_that_pages_may_be_missing(house: RunningArchive, outcome: Outcome) -> None:
    source = house.get(f"/sources/{outcome.items['mat-duoi.pdf']['source_id']}")
    assert "truncated" in [warning["code"] for warning in source["warnings"]]


def test_the_original_of_what_could_not_be_read_is_kept(house: RunningArchive, outcome: Outcome) -> None:
    item = outcome.items["khoa-aes.pdf"]
    answer = house.http.get(f"/api/v1/sources/{item['source_id']}/original")
    assert answer.status_code == 200
    assert answer.content == BAD["khoa-aes.pdf"][0]


def test_a_retry_of_what_cannot_be_read_ends_in_the_same_state(house: RunningArchive, outcome: Outcome) -> None:
    item = outcome.items["khoa-rc4.pdf"]
    house.post(f"/batches/{item['batch_id']}/items/{item['id']}/retry")
    again = {one["name"]: one for one in house.wait(item["batch_id"])}["khoa-rc4.pdf"]
    assert (again["state"], again["reason"]["code"]) == ("failed", "encrypted")


# --------------------------------------------------------------------------- names

_NFD = unicodedata.normalize("NFD", "Công văn số 12 của Ủy ban.pdf")
NAMES = (
    "../../../tmp/vanban-escaped.pdf",
    "-rf.pdf",
    "--help.pdf",
    "hai\ndong.pdf",
    _NFD,
    "a" * 300 + ".pdf",
    "<script>alert(1)</script>.pdf",
    "nghiêng\u202efdp.exe.pdf",
    'nháy"kép;tên.pdf',
)


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_name_is_kept_harmless_and_the_file_is_read(house: RunningArchive, name: str) -> None:
    data = hostile.healthy(100 + NAMES.index(name))
    item = _send_as(house, name, data)
    assert item["state"] in _GOOD, item
    shown = item["name"]
    assert "/" not in shown
    assert all(unicodedata.category(letter) not in ("Cc", "Cf") for letter in shown)
    assert shown == unicodedata.normalize("NFC", shown)
    assert len(shown) <= 255
    answer = house.http.get(f"/api/v1/sources/{item['source_id']}/original")
    assert answer.content == data
    page = house.http.get(f"/batches/{item['batch_id']}").text
    assert "<script>alert" not in page
    assert not Path("/tmp/vanban-escaped.pdf").exists()


def _send_as(house: RunningArchive, name: str, data: bytes) -> Mapping[str, Any]:
    """Send one file by PUT, where the name is a parameter that no client library cleans."""
    batch = str(house.http.post("/api/v1/batches").json()["id"])
    sha256 = hashlib.sha256(data).hexdigest()
    quoted = urllib.parse.quote(name, safe="")
    answer = house.http.put(f"/api/v1/batches/{batch}/files/{sha256}?name={quoted}", content=data)
    assert answer.status_code == 201, answer.text
    return house.wait(batch)[0]


def test_the_command_line_takes_strange_names_and_gives_the_same_account(house: RunningArchive, tmp_path: Path) -> None:
    folder = tmp_path / "nhận"
    folder.mkdir()
    names = ("-v.pdf", "hai\ndong.pdf", unicodedata.normalize("NFD", "Quyết định.pdf"), "rỗng.pdf")
    for number, name in enumerate(names):
        data = b"" if name == "rỗng.pdf" else hostile.healthy(200 + number)
        (folder / name).write_bytes(data)
    done = house.cli("ingest", str(folder), "--wait", "--json")
    assert done.returncode not in (0, 1), "a failed file shows in the exit code, and it is no crash"
    assert "Traceback" not in done.stderr
    batch = json.loads(done.stdout)
    states = [item["state"] for item in house.items(batch["id"])]
    assert len(states) == len(names)
    assert states.count("failed") == 1 == batch["counts"]["failed"]


def test_a_path_that_is_not_there_says_so_and_sends_nothing(house: RunningArchive, tmp_path: Path) -> None:
    before = house.get("/batches")["items"]
    done = house.cli("ingest", str(tmp_path / "khong-co.pdf"))
    assert done.returncode != 0
    assert "khong-co.pdf" in done.stderr
    assert "Traceback" not in done.stderr
    assert house.get("/batches")["items"] == before


# --------------------------------------------------------------------------- the same file twice


def test_two_uploads_of_one_file_at_once_make_one_source_and_one_document(house: RunningArchive) -> None:
    data = hostile.healthy(300)
    batches: list[str] = []
    gate = threading.Barrier(2)

    def send(name: str) -> None:
        gate.wait()
        batches.append(house.upload((name, data)))

    threads = [threading.Thread(target=send, args=(f"cung-luc-{n}.pdf",)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    items = [house.wait(batch)[0] for batch in batches]
    states = sorted(item["state"] for item in items)
    assert states[0] in (*_GOOD, "duplicate")
    assert states.count("duplicate") == 1, states
    assert len({item["source_id"] for item in items}) == 1
    documents = {document for item in items for document in item["document_ids"]}
    assert len(documents) == 1
    original, duplicate = sorted(items, key=lambda item: str(item["state"] == "duplicate"))
    assert duplicate["duplicate_of"] == original["id"]


def test_a_known_content_can_be_rejected_or_accepted_by_choice(house: RunningArchive) -> None:
    data = hostile.healthy(301)
    first = house.read(("dau.pdf", data))[0]
    rejected = house.read(("lai.pdf", data), on_duplicate="reject")[0]
    assert rejected["state"] == "failed"
    assert rejected["reason"]["code"] in reason_sentences("vi")
    accepted = house.read(("nua.pdf", data), on_duplicate="accept")[0]
    assert accepted["state"] in _GOOD
    assert accepted["source_id"] == first["source_id"]


# --------------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/search?q=" + "a" * 6000, (413, 422)),
        ("/search?q=x&limit=100000", (422,)),
        ("/search?q=x&cursor=hong", (422,)),
        ("/search?q=%00%ff", (200, 422)),
        ("/documents/khong-phai-id", (404, 422)),
        ("/documents/" + "0" * 8 + "-0000-7000-8000-000000000000", (404,)),
        ("/batches/../../etc/passwd", (404, 422)),
    ],
)
def test_a_bad_request_is_answered_with_problem_details(
    house: RunningArchive, path: str, status: Sequence[int]
) -> None:
    answer = house.http.get(f"/api/v1{path}")
    assert answer.status_code in status, answer.text[:300]
    if answer.status_code >= 400:
        assert answer.headers["content-type"].startswith("application/problem+json")
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["code"] in reason_sentences("vi")
        assert problem["detail"]
