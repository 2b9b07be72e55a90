"""Telex and VNI that a keyboard left as letters and digits."""

from __future__ import annotations

import pytest

from services.search.keyboard import decode


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tieem", "tiêm"), ("vawcs", "vắc"), ("ddowtj", "đợt"), ("nghij", "nghị"), ("quyeets", "quyết"),
        ("ddinhj", "định"), ("dduwowcj", "được"), ("luowng", "lương"), ("hoaf", "hòa"), ("thuyr", "thủy"),
        ("tie6m", "tiêm"), ("va81c", "vắc"), ("d9u7o7c5", "được"), ("y1", "ý"), ("NGHIJ", "nghị"),
    ],
)  # fmt: skip
def test_keys_are_read_as_the_syllable_they_mean(typed: str, meant: str) -> None:
    assert decode(typed) == meant


@pytest.mark.parametrize("typed", ["", "xin", "ubnd", "covid19", "2021", "q1", "vaccine", "dispatch", "tiêm", "a" * 40])
def test_what_is_no_syllable_or_needs_no_keys_means_nothing(typed: str) -> None:
    assert decode(typed) is None
