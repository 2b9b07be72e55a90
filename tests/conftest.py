"""Fixtures that several kinds of tests share: a running archive, started once a session, only when a test wants it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.corpus.sample import SAMPLE
from tests.running import RunningArchive, running_archive
from tests.search_servers import opensearch_url

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
    """A data directory that `vanban up --sample` has read the sample archive into. Nothing runs on it: copy it."""
    data = tmp_path_factory.mktemp("sample") / "data"
    with running_archive(data, sample=True) as archive:
        archive.wait(_only_batch(archive))
    return data


@pytest.fixture(scope="session")
def sample_up(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    """`vanban up --sample`, the sample archive read and searchable. Shared: leave it as it is."""
    data = shutil.copytree(sample_data, tmp_path_factory.mktemp("sample-up") / "data")
    with running_archive(data, sample=True) as archive:
        yield archive


def _only_batch(archive: RunningArchive) -> str:
    """Return the id of the sample's batch; it is made right after the web server is ready."""
    for _ in range(300):
        batches = archive.get("/batches")["items"]
        if batches and len(archive.items(batches[0]["id"])) >= len(SAMPLE):
            return str(batches[0]["id"])
        time.sleep(0.1)
    raise TimeoutError(f"the sample archive did not come in:\n{archive.log_end()}")
