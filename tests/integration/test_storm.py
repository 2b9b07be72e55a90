"""Forty kills at random moments, fewer where the machine is slow; hundreds: `python -m tests.bench.storm`."""

from pathlib import Path

import pytest

from tests.storm.storm import Plan, storm

MOST_SECONDS = 120.0


@pytest.mark.timeout(900)
def test_forty_kills_of_every_kind_lose_and_double_nothing_and_a_copy_of_the_stopped_archive_opens(
    tmp_path: Path,
) -> None:
    plan = Plan(seed=2026, kills=40, every_seconds=0.3, most_seconds=MOST_SECONDS, copy_every=15, copies=1, readers=1)
    report = storm(plan, tmp_path)
    assert report.faults == [], str(report)
    assert report.kills.total() >= 40 or report.seconds > MOST_SECONDS
    assert len(report.kills) > 3, report.kills
    assert report.copies == 1
