"""`vanban up` as a group of processes: one on a directory, nothing left behind, the data kept."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.core.settings import load_settings
from tests.integration.workers_support import text_file
from tests.running import RunningArchive, running_archive
from workers.state import running


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    with running_archive(tmp_path_factory.mktemp("up") / "data") as running_one:
        yield running_one


def test_the_group_says_where_it_listens_and_other_commands_find_it(archive: RunningArchive) -> None:
    state = running(load_settings(data_dir=archive.data_dir))
    assert state is not None
    assert state.url == archive.url
    assert state.pid == archive.process.pid


def test_a_second_group_on_the_same_directory_is_refused_with_the_address_of_the_first(archive: RunningArchive) -> None:
    second = archive.cli("up")
    assert second.returncode != 0
    assert archive.url in second.stderr + second.stdout
    assert "Traceback" not in second.stderr


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path: Path, archive: RunningArchive) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = archive.cli("up", "--data-dir", str(tmp_path / "other"), "--port", port)
    assert other.returncode != 0
    assert port in other.stderr + other.stdout
    assert "Traceback" not in other.stderr
    assert not (tmp_path / "other" / "redis").exists()


def test_every_worker_that_is_killed_comes_back_and_the_work_goes_on(archive: RunningArchive) -> None:
    victims = [*archive.pids("workers.run"), *archive.pids("redis-server")]
    assert len(victims) >= 5
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    (item,) = archive.read(("after.txt", text_file(1)))
    assert item["state"] in {"done", "needs_review"}
    assert not set(victims) & set(archive.pids("workers.run"))


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_has_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_archive(data, check_stop=False) as archive:
        archive.read(("a.txt", text_file(7)))
        group = archive.pids()
        archive.process.kill()
        archive.process.wait()
        deadline = time.monotonic() + 20
        while any(_alive(pid) for pid in group):
            assert time.monotonic() < deadline, "a process outlived the supervisor"
            time.sleep(0.05)
    assert running(load_settings(data_dir=data)) is None
    with running_archive(data) as archive:
        assert archive.search("7/UBND-VX")["total"] == 1


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
