"""One process group per data directory, and how other commands learn of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.core.errors import ConflictError
from services.core.settings import load_settings
from workers.local import check_port, environment, free_port
from workers.state import UpState, only_one, running, write_state
from workers.supervisor import choose_engine

HOLD = """
import sys
from services.core.settings import load_settings
from workers.state import UpState, only_one, write_state
settings = load_settings(data_dir=sys.argv[1])
with only_one(settings):
    write_state(settings, UpState.of(settings))
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_group_on_the_same_directory_is_told_who_has_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    settings = load_settings(data_dir=tmp_path)
    try:
        with pytest.raises(ConflictError, match=f"process {holder.pid}"), only_one(settings):
            pytest.fail("two groups hold one directory")
        state = running(settings)
        assert state is not None
        assert state.pid == holder.pid
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_group_leaves_its_file_but_counts_as_stopped(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    settings = load_settings(data_dir=tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (settings.runtime_dir / "up.json").exists()
    assert running(settings) is None
    with only_one(settings):
        pass


def test_no_group_runs_on_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert running(load_settings(data_dir=tmp_path / "none")) is None


def test_the_state_reads_as_it_was_written(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, port=8123)
    with only_one(settings):
        state = UpState.of(settings)
        write_state(settings, state)
        assert running(settings) == state
    assert state.pid == os.getpid()
    assert state.url == "http://127.0.0.1:8123"


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"127.0.0.1:{port}.*VANBAN_PORT"):
            check_port("127.0.0.1", port)
        assert free_port(port) != port


def test_a_child_builds_the_settings_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(data_dir=tmp_path, port=8999, locale="en")
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_a_local_node_is_used_again_under_its_port_and_left_for_the_embedded_index(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    first = choose_engine(settings, "opensearch")
    assert first.engine == "opensearch"
    assert first.index_url.startswith("http://127.0.0.1:")
    assert choose_engine(first, None).index_url == first.index_url
    assert choose_engine(first, "embedded").index_url == f"embedded://{tmp_path}/index"


def test_an_opensearch_server_that_is_set_by_address_is_taken_as_it_is(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, index_url="https://search.example:9200")
    assert choose_engine(settings, "opensearch") == settings
    assert choose_engine(settings, None) == settings
