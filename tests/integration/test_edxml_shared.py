"""The messages of the exchange's own developers, where they are at hand (VANBAN_SHARED)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.archive.edxml import is_edxml, read_message
from services.core.errors import ReadError

SHARED = os.environ.get("VANBAN_SHARED")
pytestmark = pytest.mark.skipif(not SHARED, reason="VANBAN_SHARED names no folder with data/edxml")
FOLDER = Path(SHARED or "") / "data" / "edxml"
OUTCOMES = {
    "sample_2025.edxml": "edxml_unpacked",
    "status.edxml": "edxml_status",
    "status_acceptance_03.edxml": "edxml_status",
    "edoc.edxml": "edxml_attachment_broken",
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_message_of_the_exchange_has_the_outcome_it_should(name: str, tmp_path: Path) -> None:
    path = FOLDER / name
    assert is_edxml(path.read_bytes()[:1024])
    try:
        code = read_message(path, tmp_path).outcome.code
    except ReadError as error:
        code = error.code
    assert code == OUTCOMES[name]


def test_the_header_of_a_real_message_is_understood_and_its_file_is_a_pdf(tmp_path: Path) -> None:
    found = read_message(FOLDER / "sample_2025.edxml", tmp_path)
    assert set(found.given) >= {"symbol", "issuer", "issued_on", "place", "kind", "subject", "signer", "addressees"}
    assert [a.path.read_bytes()[:5] for a in found.attachments] == [b"%PDF-"]
