"""Synthetic scans of Vietnamese official documents (NĐ 30/2020 layout), with the truth about each."""

from tests.corpus.bundle import BUNDLES, Bundle, Part, make_bundle
from tests.corpus.make import make_scan
from tests.corpus.model import Cut, Scan, ScanSpec, Truth
from tests.corpus.specs import SPECS, random_specs

__all__ = [
    "BUNDLES",
    "SPECS",
    "Bundle",
    "Cut",
    "Part",
    "Scan",
    "ScanSpec",
    "Truth",
    "make_bundle",
    "make_scan",
    "random_specs",
]
