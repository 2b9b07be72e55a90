"""The parts of the command line that need no archive."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import EXIT_CODES, execute, exit_code
from services.cli.console import printable, ticker
from services.cli.files import check_paths, look, walk
from services.cli.imports import _whole_lines
from services.cli.main import message_of
from services.cli.reading import Folders, _check_names
from services.cli.searching import show_date, show_page
from services.cli.watch import Growing, Taken
from services.core import errors
from services.core.errors import InvalidInputError, UnavailableError, VanbanError
from services.core.model import PartialDate
from services.search.page import AskedQuery, Hit, IssuerName, PageHit, Piece, SearchPage, Understood


def subclasses(kind: type[VanbanError]) -> set[type[VanbanError]]:
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


def test_every_error_class_has_an_exit_code_of_its_own() -> None:
    ours = {kind for kind in subclasses(VanbanError) if kind.__module__ == errors.__name__}
    assert ours == set(EXIT_CODES)
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert all(0 < code < 126 for code in EXIT_CODES.values())


def test_an_error_without_a_row_takes_its_parents_code() -> None:
    class StrangerError(UnavailableError):
        pass

    assert exit_code(StrangerError("x")) == EXIT_CODES[UnavailableError]


def test_an_error_that_is_only_a_code_is_told_as_a_sentence() -> None:
    assert message_of(UnavailableError()) != "unavailable"
    assert message_of(UnavailableError("Redis is away. Start it.")) == "Redis is away. Start it."


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_folders_are_walked_in_the_order_of_names_without_what_is_hidden(tmp_path: Path) -> None:
    make(tmp_path, "b.pdf", "a/2.pdf", "a/10.pdf", ".hidden.pdf", ".git/c.pdf", "a/.x")
    found = [str(path.relative_to(tmp_path)) for path in walk([tmp_path])]
    assert found == ["a/10.pdf", "a/2.pdf", "b.pdf"]


def test_odd_names_are_names_like_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "-", "--wait", "a\nb.pdf", "e\u0302\u0301.pdf")
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.pdf", os.O_CREAT))
    assert len(list(walk([tmp_path]))) == 5
    assert [str(path) for path in walk([Path("-")])] == ["-"]


def test_a_file_named_twice_comes_once_and_pipes_and_linked_folders_are_left_alone(tmp_path: Path) -> None:
    make(tmp_path, "a/1.pdf")
    os.mkfifo(tmp_path / "a" / "pipe")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    found = list(walk([tmp_path / "a", tmp_path / "a" / "1.pdf"]))
    assert found == [tmp_path / "a" / "1.pdf"]


def test_a_hidden_file_that_is_named_itself_is_taken(tmp_path: Path) -> None:
    make(tmp_path, ".scan.pdf")
    assert list(walk([tmp_path / ".scan.pdf"])) == [tmp_path / ".scan.pdf"]


def test_missing_names_are_refused_before_any_work(tmp_path: Path) -> None:
    make(tmp_path, "there.pdf")
    with pytest.raises(InvalidInputError, match=r"gone\.pdf"):
        check_paths([tmp_path / "there.pdf", tmp_path / "gone.pdf"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match="pipe"):
        check_paths([tmp_path / "pipe"])


def test_a_watched_file_is_ready_only_after_it_stopped_growing(tmp_path: Path) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    make(folder, "1.pdf")
    growing = Growing(Taken.load(data, [folder]))
    assert growing.ready([folder]) == []
    (folder / "1.pdf").write_bytes(b"longer")
    assert growing.ready([folder]) == []
    assert [path.name for path, _ in growing.ready([folder])] == ["1.pdf"]


def test_what_was_taken_is_not_taken_again_after_a_restart_unless_it_changed(tmp_path: Path) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    make(folder, "1.pdf", "2\n.pdf")
    taken = Taken.load(data, [folder])
    for path in walk([folder]):
        seen = look(path)
        assert seen is not None
        taken.add(path, seen)
    again = Growing(Taken.load(data, [folder]))
    again.ready([folder])
    assert again.ready([folder]) == []
    (folder / "1.pdf").write_bytes(b"another scan")
    again.ready([folder])
    assert [path.name for path, _ in again.ready([folder])] == ["1.pdf"]


def test_a_torn_note_of_what_was_taken_is_no_obstacle(tmp_path: Path) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    make(folder, "1.pdf")
    seen = look(folder / "1.pdf")
    assert seen is not None
    Taken.load(data, [folder]).add(folder / "1.pdf", seen)
    note = next((data / "watch").iterdir())
    note.write_text(note.read_text() + '["2e2', encoding="utf-8")
    assert Taken.load(data, [folder]).has(folder / "1.pdf", seen)


def test_names_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\n\u202ec\udcff") == "a\\x1b[2Jb\\n\\u202ec\\udcff"
    assert printable("Công văn số 12/UBND-VX") == "Công văn số 12/UBND-VX"


def test_progress_without_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with ticker("Receiving", 3) as shown:
        shown._next = 0
        shown.update(1, "a\x1b.pdf")
        shown.update(2, "b.pdf")
    assert capsys.readouterr().err == "Receiving: 1 of 3  a\\x1b.pdf\n"


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (PartialDate(year=2021, month=7, day=4), "04/07/2021"),
        (PartialDate(year=2021, month=9), "09/2021"),
        (PartialDate(year=2021), "2021"),
        (PartialDate(as_written="ngày  tháng  năm"), "ngày  tháng  năm"),
        (None, ""),
    ],
)
def test_an_unknown_part_of_a_date_is_never_made_up(date: PartialDate | None, shown: str) -> None:
    assert show_date(date) == shown


def test_a_hit_shows_symbol_issuer_date_subject_and_the_words_found(capsys: pytest.CaptureFixture[str]) -> None:
    hit = Hit(
        id="0192",
        score=1.0,
        tier="exact",
        symbol="12/UBND-VX",
        issuer=IssuerName(name="UBND huyện A"),
        issued_on=PartialDate(year=2021, month=7, day=4),
        subject="V/v ưu tiên",
        pages=(PageHit(number=2, snippet=(Piece(text="… tổ chức "), Piece(text="tiêm\nvắc xin", hit=True))),),
    )
    asked = AskedQuery(q="x", understood=Understood(marks="none"))
    show_page(SearchPage(query=asked, total=3, took_ms=1.2, hits=(hit,), next="CURSOR"))
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        " 1. 12/UBND-VX  UBND huyện A  04/07/2021  [exact]",
        "    V/v ưu tiên",
        "    p. 2: … tổ chức **tiêm vắc xin**",
        "    0192",
    ]
    assert "1 of 3 documents" in shown.err
    assert "--cursor CURSOR" in shown.err


def test_a_line_over_the_limit_comes_as_one_line_that_is_over_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\n\n" + b"y" * 5000 + b"\n{1}\nend")
    with path.open("rb") as file:
        lines = list(_whole_lines(file, 100))
    assert [len(line) for line in lines] == [3, 102, 4, 3]
    assert lines[0] == "{}\n"


def test_two_scans_that_would_write_the_same_texts_are_refused(tmp_path: Path) -> None:
    scans = [tmp_path / "a" / "1.pdf", tmp_path / "b" / "1.pdf"]
    with pytest.raises(InvalidInputError, match="same files"):
        _check_names(scans, Folders(text=tmp_path))
    _check_names(scans, Folders())


def test_copies_that_would_lie_among_the_scans_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="among the scans"):
        _check_names([tmp_path / "1.pdf"], Folders(searchable=tmp_path))


def test_help_teaches_every_command_of_the_design(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["--help"]) == 0
    listed = set(re.findall(r"^  ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))
    assert listed >= {
        "up",
        "ingest",
        "import",
        "search",
        "status",
        "show",
        "retry",
        "reindex",
        "refresh",
        "doctor",
        "read",
    }


def test_a_wrong_setting_ends_with_its_own_code_and_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vanban.json").write_text("{")
    assert execute(["status", "--data-dir", str(tmp_path)]) == EXIT_CODES[errors.SettingsError]
    assert "vanban.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ingest"],
        ["ingest", "/nonexistent/no.pdf"],
        ["ingest", "/tmp", "--watch", "--wait"],
        ["ingest", "/tmp", "--on-duplicate", "burn"],
        ["search", "x", "--sort", "best"],
        ["search", "x", "--from", "yesterday"],
        ["show", "x", "--text", "--json"],
        ["retry", "--batch", "x", "--item", "y"],
        ["batch", "--pause"],
        ["batch", "x", "--pause", "--cancel"],
        ["up", "--engine", "solr"],
        ["read", "/tmp"],
    ],
)
def test_wrong_usage_is_code_two_before_anything_is_done(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path / "data"))
    assert execute(arguments) == 2
    assert not (tmp_path / "data").exists()


def test_the_command_itself_ends_with_the_code_and_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.cli", "show", "--data-dir", str(tmp_path), "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_CODES[errors.NotFoundError]
    assert done.stderr.startswith("vanban: ")
    assert "Traceback" not in done.stderr


def test_doctor_says_what_is_missing_and_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert execute(["doctor"]) == EXIT_CODES[errors.MissingProgramError]
    shown = capsys.readouterr().out
    for package in ("tesseract-ocr-vie", "poppler-utils", "redis-server"):
        assert re.search(rf"-> apt-get install [a-z -]*{package}", shown)
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_what_is_wrong_with_the_synonyms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("same: [[alone]]")
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VANBAN_SYNONYMS_FILE", str(own))
    assert execute(["doctor"]) == EXIT_CODES[errors.MissingProgramError]
    shown = capsys.readouterr().out
    assert re.search(r"MISSING +synonyms .*own\.yaml: \['alone'\] must be a list of two or more", shown)
