"""`vanban check` on data directories that were damaged while nothing ran: a repaired archive or a clear message."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.archive import open_archive
from services.archive.checking import SEVERITIES
from services.cli import EXIT_CODES, execute
from services.cli.exits import DONE, NOT_SOUND
from services.core.errors import ConflictError, CorruptError, UnavailableError
from services.core.messages import reason_sentences
from services.core.settings import Settings, load_settings
from services.fields import Taxonomy
from services.search import open_engine
from tests.contract.archive.archive_play import ME, upload
from tests.inline_work import work_off
from tests.new_data import new_data
from workers.state import UpState, only_one, write_state

ROOT = Path(__file__).resolve().parents[2]
TEXT = "ỦY BAN NHÂN DÂN TỈNH MẪU\nSố: {n}/UBND-KGVX\nV/v tiêm vắc xin đợt {n}\nKính gửi: Sở Y tế\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with three texts read and indexed. Copy it."""
    data = new_data(tmp_path_factory.mktemp("check") / "data")
    asyncio.run(_fill(load_settings(data_dir=data)))
    return data


async def _fill(settings: Settings) -> None:
    engine = await open_engine(settings, write=True)
    async with await open_archive(settings) as archive:
        for n in range(3):
            await upload(archive, f"{n}.txt", TEXT.format(n=n).encode())
        await work_off(archive, Taxonomy.load(), engine)
    await engine.close()


@pytest.fixture
def data(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = shutil.copytree(filled, tmp_path / "data")
    for name in [name for name in os.environ if name.startswith("VANBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VANBAN_DATA_DIR", str(copied))
    monkeypatch.setenv("VANBAN_LOCALE", "en")
    return copied


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute(arguments)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return code, shown.out, shown.err

    return call


def report(run: Run, *arguments: str) -> tuple[int, Any]:
    code, out, _ = run("check", "--json", *arguments)
    return code, json.loads(out)


def files(data: Path, kind: str) -> list[Path]:
    return sorted(path for path in (data / "blobs" / kind).rglob("*") if path.is_file())


def work(data: Path) -> None:
    """Do what is queued, as `vanban up` would."""
    asyncio.run(_work(load_settings(data_dir=data)))


async def _work(settings: Settings) -> None:
    engine = await open_engine(settings, write=True)
    async with await open_archive(settings) as archive:
        await work_off(archive, Taxonomy.load(), engine)
    await engine.close()


def test_a_sound_archive_is_said_to_be_sound_in_the_documented_shape(run: Run) -> None:
    code, out, _ = run("check")
    assert code == DONE
    assert out.startswith("The archive is sound: nothing found")
    code, found = report(run, "--quick")
    assert code == DONE
    assert found.pop("seconds") >= 0
    assert found == {
        "sound": True,
        "quick": True,
        "repair": False,
        "index_checked": True,
        "counts": {"lost": 0, "damaged": 0, "derived": 0, "orphan": 0},
        "findings": [],
    }


def test_damage_of_every_kind_is_told_mended_and_gone(data: Path, run: Run) -> None:
    before = _texts(data)
    files(data, "texts")[0].unlink()
    _flip(files(data, "texts")[0])
    shutil.rmtree(data / "index")
    code, found = report(run)
    assert code == NOT_SOUND
    assert {each["code"] for each in found["findings"]} == {"text_missing", "text_damaged", "index_empty"}
    assert found["counts"] == {"lost": 0, "damaged": 0, "derived": 3, "orphan": 0}
    code, out, _ = run("check", "--repair")
    assert code == DONE
    assert out.count("[mended]") == 3
    assert report(run)[0] == DONE
    work(data)
    assert report(run)[0] == DONE
    assert _texts(data) == before


def test_a_damaged_index_is_rebuilt(data: Path, run: Run) -> None:
    (generation,) = [path for path in (data / "index").iterdir() if path.is_dir()]
    _flip(next(generation.glob("*.term")), at=4)
    code, found = report(run)
    assert (code, [each["code"] for each in found["findings"]]) == (NOT_SOUND, ["index_unusable"])
    assert report(run, "--repair")[0] == DONE
    assert report(run)[1]["findings"] == []


def test_a_damaged_original_stays_as_it_is_and_the_report_says_what_to_do(data: Path, run: Run) -> None:
    path = files(data, "originals")[0]
    _flip(path)
    left = path.read_bytes()
    code, out, _ = run("check", "--repair", "--orphans")
    assert code == NOT_SOUND
    assert "Send the same file again" in out
    assert path.read_bytes() == left


def test_orphans_alone_are_listed_and_nothing_is_wrong(data: Path, run: Run) -> None:
    left = data / "blobs" / "texts" / "00" / ("0" * 64)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"x")
    os.utime(left, (1e9, 1e9))
    assert report(run)[0] == DONE
    assert report(run, "--repair")[1]["counts"]["orphan"] == 1
    assert left.exists()
    code, _, err = run("check", "--orphans")
    assert (code, "--repair" in err) == (2, True)
    assert report(run, "--repair", "--orphans")[0] == DONE
    assert not left.exists()


def test_the_log_is_read_taken_along_and_held_against_itself_and_a_backup(data: Path, run: Run, tmp_path: Path) -> None:
    assert run("backup", str(tmp_path / "b"))[0] == DONE
    code, listed, _ = run("audit", "list", "--kind", "change", "--limit", "500")
    code, exported, _ = run("audit", "export")
    lines = [json.loads(line) for line in exported.splitlines()]
    assert code == DONE
    assert len(listed.splitlines()) == len(lines)
    assert lines[0]["action"] == "batch.created"
    code, found, _ = run("audit", "verify", "--backup", str(tmp_path / "b"))
    assert (code, found) == (DONE, "The log is whole, and goes on from each of 1 snapshots.\n")
    with sqlite3.connect(data / "catalogue.sqlite3") as conn:
        conn.execute("UPDATE events SET who = 'ai đó' WHERE seq = 2")
        conn.execute("DELETE FROM events WHERE seq > 5")
        conn.execute("UPDATE log_head SET seq = 5, hash = (SELECT hash FROM events WHERE seq = 5)")
    conn.close()
    code, found, _ = run("audit", "verify", "--backup", str(tmp_path / "b"))
    assert code == NOT_SOUND
    assert re.findall(r"^\w+", found, re.MULTILINE) == ["event_changed", "not_held"]
    assert report(run, "--repair")[1]["findings"][0]["params"] == {"line": 2}
    assert run("backup", str(tmp_path / "b"))[0] == NOT_SOUND


@pytest.mark.parametrize("page", [0, 1, 5, 9])
def test_a_catalogue_with_an_overwritten_page_is_told_in_words(data: Path, run: Run, page: int) -> None:
    file = data / "catalogue.sqlite3"
    _at_rest(file)
    content = bytearray(file.read_bytes())
    content[4096 * page : 4096 * (page + 1)] = os.urandom(4096)
    file.write_bytes(content)
    for arguments in (("check",), ("check", "--repair"), ("status",)):
        code, out, err = run(*arguments)
        if arguments == ("status",) and code == DONE:
            continue  # it does not look at that page
        assert code in (NOT_SOUND, EXIT_CODES[CorruptError])
        assert "backup" in out + err


def test_a_catalogue_that_is_no_database_at_all_is_told_in_words(data: Path, run: Run) -> None:
    _at_rest(data / "catalogue.sqlite3")
    (data / "catalogue.sqlite3").write_bytes(b"not a database, but long enough to look at " * 100)
    code, _, err = run("check")
    assert code == EXIT_CODES[CorruptError]
    assert "backup" in err


def test_an_engine_that_is_away_does_not_hide_what_else_is_wrong(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANBAN_INDEX_URL", "http://127.0.0.1:9")
    code, found = report(run)
    assert (code, found["index_checked"], found["sound"]) == (EXIT_CODES[UnavailableError], False, True)
    files(data, "originals")[0].unlink()
    assert report(run)[0] == NOT_SOUND


def test_a_second_group_on_one_directory_is_refused_with_the_process_that_has_it(data: Path, run: Run) -> None:
    settings = load_settings(data_dir=data)
    with only_one(settings):
        write_state(settings, UpState.of(settings))
        code, _, err = run("up")
        assert code == EXIT_CODES[ConflictError]
        assert f"process {os.getpid()}" in err
        assert report(run)[0] == DONE, "a check runs beside it"


def test_a_read_only_directory_is_told_in_words(data: Path, tmp_path: Path) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", tmp_path], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mounts, not even in a namespace of their own")
    for arguments in ("ingest README.md", "up", "check --repair"):
        script = f"mount --bind {data} {data} && mount -o remount,bind,ro {data} && exec .venv/bin/vanban {arguments}"
        done = subprocess.run([*alone, "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
        assert 0 < done.returncode < 126, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert "read-only" in done.stderr.lower(), done.stderr


def test_every_finding_has_its_row_and_its_sentences() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.split("## Checking an archive")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE))
    assert rows == {code: str(severity) for code, severity in SEVERITIES.items()}
    for locale in ("vi", "en"):
        assert SEVERITIES.keys() <= reason_sentences(locale).keys()


def _texts(data: Path) -> dict[str, str]:
    async def read() -> dict[str, str]:
        async with await open_archive(load_settings(data_dir=data)) as archive:
            ids = await archive.documents.ids(ME)
            return {key: clean.text for key, clean in (await archive.documents.clean_texts(ME, ids)).items()}

    return asyncio.run(read())


def _flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _at_rest(file: Path) -> None:
    """Have all of the catalogue in its one file."""
    with sqlite3.connect(file) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
