"""How every page looks, and to whom it speaks: each state of each page in Chromium (`python -m tests.looks`)."""

from tests.looks.camera import HEIGHTS, SCHEMES, look, too_wide, violations
from tests.looks.states import visit

__all__ = ["HEIGHTS", "SCHEMES", "look", "too_wide", "violations", "visit"]
