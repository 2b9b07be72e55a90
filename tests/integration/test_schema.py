"""What the API's own description promises holds for data made from it, right and wrong, alone and in sequences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.schema import ask_everything


@pytest.mark.timeout(600)
def test_every_operation_keeps_to_the_description_of_the_api(tmp_path: Path) -> None:
    done = ask_everything(tmp_path, examples=2, seed=20261127, seconds=500)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
