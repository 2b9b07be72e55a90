"""The command line on a real archive: without workers (everything is kept and accounted for) and with them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from services.cli import EXIT_CODES, execute
from services.cli.exits import DONE, FILES_FAILED, INTERRUPTED
from services.core.errors import NotFoundError, UnavailableError
from tests.running import RunningArchive
from tests.servers import free_port

TEXT = "ỦY BAN NHÂN DÂN TỈNH MẪU\nSố: 77/UBND-KGVX\nV/v tổ chức tiêm vắc xin ưu tiên cho người cao tuổi\n"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


class Terminal:
    """`vanban` on a data directory of its own, on which nothing runs; in this process, where no signal is involved."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> Done:
        self._capsys.readouterr()
        code = execute(arguments)
        shown = self._capsys.readouterr()
        return Done(code, shown.out, shown.err)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def counts(self) -> dict[str, int]:
        states: dict[str, int] = self.json("status", "--json")["sources"]
        return {state: count for state, count in states.items() if count}

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == DONE, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    for name in [name for name in os.environ if name.startswith("VANBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VANBAN_LOCALE", "en")
    return Terminal(capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in put"
    path.mkdir()
    return path


def wait_for(terminal: Terminal, wanted: dict[str, int], watching: subprocess.Popen[str]) -> None:
    while terminal.counts() != wanted:
        assert watching.poll() is None
        time.sleep(0.3)


def test_every_file_is_accounted_for_and_each_failure_says_what_to_do(terminal: Terminal, folder: Path) -> None:
    (folder / "good.txt").write_text(TEXT)
    (folder / "again.txt").write_text(TEXT)
    (folder / "-").write_bytes((ROOT / "deploy" / "sample" / "12-CD-UBND.pdf").read_bytes())
    (folder / "two\nlines\x1b[2J.pdf").write_bytes(b"")
    (folder / ".hidden.txt").write_text("hidden")
    done = terminal.run("ingest", str(folder))
    assert done.returncode == FILES_FAILED
    assert ".pdf: The file is empty" in done.stderr
    assert "\x1b" not in done.stderr
    assert "duplicate" in done.stderr
    assert "vanban up" in done.stderr
    assert terminal.counts() == {"received": 2, "failed": 1, "duplicate": 1}


def test_waiting_without_workers_says_how_to_start_them_and_keeps_the_files(terminal: Terminal, folder: Path) -> None:
    (folder / "good.txt").write_text(TEXT)
    done = terminal.run("ingest", str(folder), "--wait")
    assert done.returncode == EXIT_CODES[UnavailableError]
    assert "Start it in another terminal with `vanban up`" in done.stderr
    assert terminal.counts() == {"received": 1}


def test_ingest_prints_the_batch_of_the_api(terminal: Terminal, folder: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    batch = terminal.json(
        "ingest", str(folder), "--label", "thử", "--priority", "5", "--on-duplicate", "reject", "--json"
    )
    assert (batch["label"], batch["priority"], batch["on_duplicate"]) == ("thử", 5, "reject")
    assert batch["counts"]["received"] == 1
    assert terminal.json("batch", "--json")["items"][0]["id"] == batch["id"]
    assert terminal.json("batch", batch["id"], "--pause", "--json")["batch"]["state"] == "paused"
    assert terminal.json("batch", batch["id"], "--resume", "--priority", "9", "--json")["batch"]["priority"] == 9
    assert terminal.json("batch", batch["id"], "--cancel", "--json")["batch"]["state"] == "cancelled"
    assert terminal.json("retry", "--batch", batch["id"], "--json") == {"retried": 1}


def test_own_id_and_known_values_belong_to_one_file(terminal: Terminal, folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(TEXT + name)
    assert terminal.run("ingest", str(folder), "--external-id", "X-1").returncode == 2
    one = ["ingest", str(folder / "a.txt"), "--external-id", "X-1", "--field", "symbol=77/UBND-KGVX"]
    assert terminal.run(*one).returncode == DONE
    assert terminal.run("ingest", str(folder / "b.txt"), "--field", "no_such=1").returncode == FILES_FAILED


def test_ctrl_c_keeps_what_was_received(terminal: Terminal, folder: Path) -> None:
    for number in range(2000):
        (folder / f"{number:04}.txt").write_text(f"{TEXT}{number}")
    process = terminal.start("ingest", str(folder))
    while not terminal.counts():  # the first file is there
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate()
    assert process.returncode == INTERRUPTED, shown
    received = terminal.counts()["received"]
    assert 0 < received < 2000
    assert f"{received} of 2000 files were received and stay" in shown


def test_import_keeps_a_line_per_item_and_says_why_one_makes_no_sense(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        json.dumps(
            {"id": "a", "text": TEXT, "record": {"symbol": "77/UBND-KGVX", "issued_on": "2021-07-04", "kind": "CV"}}
        ),
        json.dumps({"id": "b", "pages": [TEXT, "trang hai"]}),
        '{"id": "c"}',
        "not json",
        "",
    ]
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(lines))
    done = terminal.run("import", str(path))
    assert done.returncode == FILES_FAILED
    assert terminal.counts() == {"received": 2, "failed": 2}
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(lines[0].encode() + b"\n")))
    again = terminal.run("import", "-")
    assert again.returncode == DONE, again.stderr
    assert terminal.run("import", str(tmp_path / "none.jsonl")).returncode == 2


def test_watching_takes_new_files_once_also_over_a_restart(terminal: Terminal, folder: Path) -> None:
    (folder / "1.txt").write_text(TEXT)
    watch = ["ingest", "--watch", str(folder), "--interval", "0.3"]
    first = terminal.start(*watch)
    wait_for(terminal, {"received": 1}, first)
    (folder / "2.txt").write_text(TEXT + "2")
    wait_for(terminal, {"received": 2}, first)
    first.send_signal(signal.SIGINT)
    assert "2 files were taken" in first.communicate()[1]
    assert first.returncode == DONE

    second = terminal.start(*watch)
    (folder / "3.txt").write_text(TEXT + "3")
    (folder / "copy of 1.txt").write_text(TEXT)
    wait_for(terminal, {"received": 3, "duplicate": 1}, second)
    second.send_signal(signal.SIGTERM)
    assert "2 files were taken" in second.communicate()[1]


def test_what_is_not_there_has_its_own_exit_code(terminal: Terminal) -> None:
    assert terminal.run("show", "01900000-0000-7000-8000-000000000000").returncode == EXIT_CODES[NotFoundError]
    assert (
        terminal.run("retry", "--batch", "01900000-0000-7000-8000-000000000000").returncode == EXIT_CODES[NotFoundError]
    )
    assert terminal.json("search", "", "--json")["total"] == 0


def test_a_text_goes_in_and_is_found_shown_and_indexed_again(archive_up: RunningArchive, folder: Path) -> None:
    (folder / "x.txt").write_text(TEXT.replace("cao tuổi", "neo đơn"))
    done = archive_up.cli("ingest", str(folder), "--wait", "--external-id", "EXT-1")
    assert done.returncode == DONE, done.stderr
    found = json.loads(archive_up.cli("search", "nguoi neo don", "--json").stdout)
    assert found == {**archive_up.search("nguoi neo don"), "took_ms": found["took_ms"]}
    document_id = found["hits"][0]["id"]
    assert found["hits"][0]["external_id"] == "EXT-1"
    assert json.loads(archive_up.cli("show", document_id, "--json").stdout) == archive_up.get(
        f"/documents/{document_id}"
    )
    assert "neo đơn" in archive_up.cli("show", document_id, "--text").stdout
    assert "77/UBND-KGVX" in archive_up.cli("show", document_id).stdout
    assert "người **neo đơn**" in archive_up.cli("search", "neo đơn").stdout
    assert archive_up.cli("reindex").returncode == DONE
    assert json.loads(archive_up.cli("search", "neo đơn", "--json").stdout)["total"] == found["total"]


def test_read_writes_a_text_for_each_page_and_a_line_for_each_file(terminal: Terminal, tmp_path: Path) -> None:
    scans = [ROOT / "deploy" / "sample" / name for name in ("12-CD-UBND.pdf", "3127-UBND-KGVX.pdf")]
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    texts, fields = tmp_path / "texts", tmp_path / "fields.jsonl"
    done = terminal.run(
        "read", *map(str, scans), str(broken), "--text-dir", str(texts), "--fields", str(fields), "--jobs", "2"
    )
    assert done.returncode == FILES_FAILED
    assert "broken.pdf: " in done.stderr
    lines = [json.loads(line) for line in fields.read_text().splitlines()]
    assert [line["file"] for line in lines] == ["12-CD-UBND.pdf", "3127-UBND-KGVX.pdf", "broken.pdf"]
    assert lines[1]["symbol"] == "3127/UBND-KGVX"
    written = sorted(path.name for path in texts.iterdir())
    assert written == sorted(f"{Path(x['file']).stem}_p{n:02}.txt" for x in lines for n in range(1, x["pages"] + 1))
    assert "vắc xin" in (texts / "3127-UBND-KGVX_p01.txt").read_text()
    assert not (tmp_path / "data").exists()


def test_a_search_whose_engine_is_down_says_what_starts_it(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vanban.json").write_text(json.dumps({"index_url": f"http://127.0.0.1:{free_port()}"}))
    done = terminal.run("search", "x")
    assert done.returncode == EXIT_CODES[UnavailableError]
    assert "`vanban up`" in done.stderr
