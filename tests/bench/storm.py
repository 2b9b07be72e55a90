"""Hundreds of kills at random moments while files come in, and what is lost, doubled or wrong afterwards: nothing.

    VANBAN_SHARED=/path python -m tests.bench.storm --kills 300 --seed 1 --engine embedded

A `vanban up` of its own reads generated dispatches and, with VANBAN_SHARED, the real scans, while processes of every
kind are killed (-9) or stopped for a while; now and then everything is stopped at once and the data directory is
copied, as if the machine had been switched off. The exit code is 1 where anything is wrong.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.storm.storm import Plan, storm


def main() -> int:
    """Run one storm and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["embedded", "opensearch"], default="embedded")
    parser.add_argument("--every", type=float, default=1.2, help="mean seconds between two blows")
    parser.add_argument("--minutes", type=float, default=60.0, help="after which it ends with fewer kills")
    parser.add_argument("--copy-every", type=int, default=100, help="kills between two copies of the data directory")
    chosen = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    scans = tuple(sorted(Path(shared, "data", "scans").rglob("*.pdf"))) if shared else ()
    plan = Plan(
        chosen.seed, chosen.kills, chosen.engine, chosen.every, 60 * chosen.minutes, chosen.copy_every, scans=scans
    )
    with tempfile.TemporaryDirectory(prefix="vbs-") as folder:
        report = storm(plan, Path(folder), say=lambda line: print(line, flush=True))
    print(report)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
