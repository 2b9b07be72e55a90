"""Fixtures that several kinds of tests share: a running archive, started once a session, only when a test wants it."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.running import RunningArchive, read_sample, running_archive
from tests.search_servers import of_this_run, opensearch_url

__all__ = ["archive_up", "opensearch_url", "sample_data", "sample_up"]


# a machine that is busy with other tests is slow, and that is no fault of what is tested
settings.register_profile("vanban", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vanban")


@pytest.fixture(scope="session")
def archive_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    """`vanban up` on an empty data directory. Shared: a test sees what others have put in."""
    with running_archive(tmp_path_factory.mktemp("archive") / "data") as archive:
        yield archive


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that `vanban up --sample` has read the sample archive into. Nothing runs on it: copy it.

    Read once in a run: the first process that wants it reads, the others wait for it.
    """
    folder = of_this_run(tmp_path_factory) / "sample"
    folder.mkdir(exist_ok=True)
    data, whole = folder / "data", folder / "whole"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(data, ignore_errors=True)  # of a process that failed at it
            read_sample(data)
            whole.touch()
    return data


@pytest.fixture(scope="session")
def sample_up(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    """`vanban up --sample`, the sample archive read and searchable. Shared: leave it as it is."""
    data = shutil.copytree(sample_data, tmp_path_factory.mktemp("sample-up") / "data")
    with running_archive(data, sample=True) as archive:
        yield archive
