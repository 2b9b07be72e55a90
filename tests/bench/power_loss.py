"""The power is cut at random points of a day's work: what was acknowledged is there, nothing is half.

    python -m tests.bench.power_loss --points 200 --seed 1

A day's work (uploads through the web application, reading, records, index) runs under strace. Its writes, syncs and
renames are replayed up to a point, all that was not synced is dropped (at every second point each loose write and name
falls to one side or the other), and the archive is opened, completes and is looked at. The order is checked too: a
blob, its name and new folders above it are synced before the catalogue names it. Exit code 1 where anything is wrong.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.power.loss import cut_everywhere


def main() -> int:
    """Cut the power as often as wanted and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vbp-") as folder:
        losses = cut_everywhere(Path(folder), files=chosen.files, points=chosen.points, seed=chosen.seed)
    print(losses)
    return 1 if losses.faults else 0


if __name__ == "__main__":
    sys.exit(main())
