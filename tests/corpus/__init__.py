"""Synthetic scans of Vietnamese official documents (NĐ 30/2020 layout), with the truth about each."""

from tests.corpus.make import make_scan
from tests.corpus.model import Cut, Scan, ScanSpec, Truth
from tests.corpus.specs import SPECS, random_specs

__all__ = ["SPECS", "Cut", "Scan", "ScanSpec", "Truth", "make_scan", "random_specs"]
