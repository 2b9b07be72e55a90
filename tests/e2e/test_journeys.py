"""What an archivist and an official do from a terminal, from the first start to the second, on both engines."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import SPECS, make_scan
from tests.corpus.sample import SAMPLE
from tests.running import RunningArchive, running_archive

pytestmark = pytest.mark.timeout(1200)  # whole archives start and read; machines may be busy

SAMPLE_FOLDER = Path(__file__).parents[2] / "deploy" / "sample"
_GOOD = ("done", "needs_review")
PRIORITY = "3127/UBND-KGVX"  # the sample that holds "tiêm vắc xin ưu tiên" together
QUERIES = (
    "tiêm vắc xin ưu tiên",
    "tiem vac xin uu tien",
    "TIÊM VẮC XIN ƯU TIÊN",
    "Tiêm Vaccine ưu tiên",
)


# --------------------------------------------------------------------------- the sample archive


def test_the_sample_archive_is_read_whole(sample_up: RunningArchive) -> None:
    status = json.loads(sample_up.cli("status", "--json").stdout)
    assert status["sources"]["failed"] == 0
    assert status["documents"] == status["indexed"] == len(SAMPLE)


@pytest.mark.parametrize("query", QUERIES)
def test_the_dispatch_that_holds_the_words_together_comes_first_however_it_is_typed(
    sample_up: RunningArchive, query: str
) -> None:
    assert _first_symbol(sample_up, query) == PRIORITY


@pytest.mark.parametrize("query", ["3127/UBND-KGVX", "3127 ubnd kgvx", "so 3127", "3127/ubnd-kgvx"])
def test_a_symbol_in_any_writing_brings_its_document_first(sample_up: RunningArchive, query: str) -> None:
    assert _first_symbol(sample_up, query) == PRIORITY


def test_terminal_and_http_give_the_same_answer(sample_up: RunningArchive) -> None:
    printed = json.loads(sample_up.cli("search", "tiêm vắc xin", "--year", "2021", "--json").stdout)
    sent = sample_up.search("tiêm vắc xin", year="2021")
    assert [hit["id"] for hit in printed["hits"]] == [hit["id"] for hit in sent["hits"]]
    assert printed["facets"] == sent["facets"]
    assert printed["total"] == sent["total"] > 1


def test_facets_look_alive_and_each_value_leads_to_as_many_documents_as_it_counts(sample_up: RunningArchive) -> None:
    facets = sample_up.search("")["facets"]
    for name in ("issuer", "kind", "year", "topic"):
        assert len(facets[name]) >= 3, name
        for value in facets[name]:
            assert sample_up.search("", **{name: value["value"]})["total"] == value["count"], (name, value)


def test_a_blank_number_and_day_stay_unknown(sample_up: RunningArchive) -> None:
    blank = next(spec for spec in SAMPLE if spec.blank_number)
    for hit in sample_up.search("", limit=100)["hits"]:
        document = sample_up.get(f"/documents/{hit['id']}")
        if document["record"]["notation"] == "UBND-VX":
            assert document["record"]["number"] is None
            assert document["record"]["issued_on"]["day"] is None
            assert document["record"]["issued_on"]["earliest"] == "2021-09-01"
            assert document["record"]["issued_on"]["latest"] <= "2021-09-30"
            return
    pytest.fail(f"{blank.name} is not in the archive with its notation")


def test_the_number_of_an_arrival_stamp_is_never_the_number_of_the_document(sample_up: RunningArchive) -> None:
    stamped = [spec for spec in SAMPLE if spec.digital_stamp or spec.arrival_stamp]
    for spec in stamped:
        truth = make_scan(spec, 2021).truth.record
        hits = sample_up.search(str(truth.symbol))["hits"]
        record = sample_up.get(f"/documents/{hits[0]['id']}")["record"]
        assert record["number"] == truth.number
        assert truth.arrival is not None
        assert record["arrival"] is not None, spec.name
        assert record["arrival"]["number"] == truth.arrival.number


def test_show_prints_the_record_and_the_text(sample_up: RunningArchive) -> None:
    document = sample_up.search(PRIORITY)["hits"][0]["id"]
    assert PRIORITY in sample_up.cli("show", document).stdout
    assert "đối tượng ưu tiên" in " ".join(sample_up.cli("show", document, "--text").stdout.split())
    assert json.loads(sample_up.cli("show", document, "--json").stdout)["id"] == document


# --------------------------------------------------------------------------- files in, documents out


def test_files_sent_from_the_terminal_are_found_when_wait_returns(archive_up: RunningArchive, tmp_path: Path) -> None:
    folder = tmp_path / "quet"
    folder.mkdir()
    scans = [make_scan(SPECS[name], 40) for name in ("plain", "tiff", "jpeg", "born_digital")]
    for scan in scans:
        (folder / scan.name).write_bytes(scan.data)
    done = archive_up.cli("ingest", str(folder), "--wait", "--json", "--label", "Từ máy quét")
    assert done.returncode == 0, done.stderr
    for scan in scans:
        symbol = str(scan.truth.record.symbol)
        assert _first_symbol(archive_up, symbol) == symbol, scan.name
    again = archive_up.cli("ingest", str(folder), "--wait", "--json")
    assert again.returncode == 0, "a file that is known already is no failure"
    assert json.loads(again.stdout)["counts"]["duplicate"] == len(scans)


def test_documents_read_elsewhere_come_in_by_line_and_the_same_id_is_a_new_revision(
    archive_up: RunningArchive, tmp_path: Path
) -> None:
    lines = tmp_path / "co-san.jsonl"

    def send(text: str) -> Any:
        line = {"id": "cs-77", "text": text, "record": {"symbol": "77/KH-SYT", "issued_on": "2022-05-06"}}
        lines.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
        done = archive_up.cli("import", str(lines), "--wait", "--json")
        assert done.returncode == 0, done.stderr
        return archive_up.search("77/KH-SYT")["hits"][0]

    first = send("Kế hoạch phun hóa chất khử khuẩn tại chợ trung tâm./.")
    assert first["external_id"] == "cs-77"
    assert archive_up.search('"phun hóa chất khử khuẩn"')["hits"][0]["id"] == first["id"]
    second = send("Kế hoạch diệt lăng quăng, bọ gậy tại khu dân cư./.")
    assert second["id"] == first["id"]
    assert archive_up.search('"diệt lăng quăng"')["hits"][0]["id"] == first["id"]
    assert not [hit for hit in archive_up.search('"phun hóa chất khử khuẩn"')["hits"] if hit["id"] == first["id"]]


def test_what_is_deleted_is_no_longer_found_and_the_changes_say_so(archive_up: RunningArchive) -> None:
    item = archive_up.read(("xoa.pdf", make_scan(SPECS["coarse"], 41).data))[0]
    document = item["document_ids"][0]
    archive_up.http.request("DELETE", f"/api/v1/documents/{document}", json={"reason": "gửi nhầm"}).raise_for_status()
    _until(lambda: document not in [hit["id"] for hit in archive_up.search("", limit=100)["hits"]])
    actions: list[str] = []
    cursor = None
    while True:
        page = archive_up.get("/changes", **({"cursor": cursor} if cursor else {}))
        actions += [line["action"] for line in page["items"] if line["document_id"] == document]
        if page["next"] == cursor or not page["items"]:
            break
        cursor = page["next"]
    assert actions[0] == "ready"
    assert actions[-1] == "deleted"
    archive_up.post(f"/documents/{document}/restore")
    _until(lambda: document in [hit["id"] for hit in archive_up.search("", limit=100)["hits"]])


def test_the_original_comes_back_byte_for_byte(archive_up: RunningArchive) -> None:
    data = make_scan(SPECS["stamp_layer"], 42).data
    item = archive_up.read(("goc.pdf", data))[0]
    answer = archive_up.http.get(f"/api/v1/sources/{item['source_id']}/original")
    assert answer.content == data
    asked = archive_up.get("/sources", sha256=hashlib.sha256(data).hexdigest())
    assert item["source_id"] in json.dumps(asked)


# --------------------------------------------------------------------------- stop, start, engines


@dataclass(frozen=True)
class Seen:
    """What the searches of a run brought."""

    first: dict[str, list[str]]
    total: int


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """A data directory with the sample archive, not running."""
    return shutil.copytree(sample_data, tmp_path_factory.mktemp("kept") / "data")


def test_a_second_start_has_the_data_and_loads_the_sample_no_second_time(kept: Path) -> None:
    with running_archive(kept, sample=True) as archive:
        assert archive.search("")["total"] == len(SAMPLE)
        time.sleep(1)
        assert len(archive.get("/batches")["items"]) == 1


def test_nothing_outlives_a_supervisor_that_is_killed(kept: Path) -> None:
    with running_archive(kept, check_stop=False) as archive:
        group = archive.pids()
        assert group
        os.kill(archive.process.pid, signal.SIGKILL)
        archive.process.wait()
        _until(lambda: not [pid for pid in group if Path(f"/proc/{pid}/cmdline").exists() and _runs(pid)])


@pytest.mark.opensearch
def test_both_engines_bring_the_same_documents_from_the_same_data(kept: Path) -> None:
    with running_archive(kept, engine="embedded") as archive:
        embedded = _seen(archive)
    with running_archive(kept, engine="opensearch") as archive:
        _until(lambda: archive.search("")["total"] == len(SAMPLE), seconds=120)
        opensearch = _seen(archive)
    assert embedded == opensearch
    assert embedded.total == len(SAMPLE)


def _seen(archive: RunningArchive) -> Seen:
    queries = (*QUERIES, "3127 ubnd kgvx", "lai chau xet nghiem", "thiên tai", "bo y te vac xin", "đối tượng ưu tiên")
    first = {query: [hit["id"] for hit in archive.search(query)["hits"]] for query in queries}
    return Seen(first, archive.search("")["total"])


def _first_symbol(archive: RunningArchive, query: str) -> str | None:
    hits = json.loads(archive.cli("search", query, "--json").stdout)["hits"]
    return str(hits[0]["symbol"]) if hits else None


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _until(true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)
