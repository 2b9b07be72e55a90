"""What topics are given to the subjects of real dispatches: `python -m tests.bench.topics`, with VANBAN_SHARED set.

The subjects are halved by a seed. The taxonomy was tuned on the first half; figures that count are those of the second,
and so are the subjects that `--sample` draws to be judged by a reader.
"""

import argparse
import csv
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from services.core.model import CleanText, Record, Topic
from services.fields import Taxonomy

SUBJECTS = "data/text/binhduong_dispatch_metadata.csv"
SPLIT_SEED = "binhduong"
NO_TEXT = CleanText("", ())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the share of subjects with a topic, both halves, the topics by count, and a sample where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="so many subjects of the second half, with their topics")
    parser.add_argument("--seed", default="1", help="of the sample")
    options = parser.parse_args(arguments)
    if "VANBAN_SHARED" not in os.environ:
        print("Skipped: set VANBAN_SHARED to the folder that holds the subjects.")
        return
    rows = subjects(Path(os.environ["VANBAN_SHARED"]) / SUBJECTS)
    taxonomy = Taxonomy.load()
    halves = {"first half (tuned on)": rows[: len(rows) // 2], "second half": rows[len(rows) // 2 :]}
    print(f"{len(rows)} different subjects, {len(taxonomy.entries)} topics")
    for name, half in halves.items():
        _print_half(name, half, taxonomy)
    for record in random.Random(options.seed).sample(halves["second half"], options.sample):
        found = ", ".join(f"{t.id} {t.score} [{t.reason}]" for t in taxonomy.assign(record, NO_TEXT))
        print(f"\n{record.notation}: {record.subject}\n    {found or '-'}")


def subjects(path: Path) -> list[Record]:
    """Return the different subjects of a register, each with its notation, in an order that only the seed decides."""
    with path.open(encoding="utf-8") as file:
        rows = {" ".join(r["trich_yeu"].split()): r["so_ky_hieu"].rpartition("/")[2] for r in csv.DictReader(file)}
    records = [Record(subject=subject, notation=notation) for subject, notation in sorted(rows.items())]
    random.Random(SPLIT_SEED).shuffle(records)
    return records


def _print_half(name: str, half: Sequence[Record], taxonomy: Taxonomy) -> None:
    began = time.perf_counter()
    found: list[tuple[Topic, ...]] = [taxonomy.assign(record, NO_TEXT) for record in half]
    seconds = time.perf_counter() - began
    given = sum(map(bool, found))
    print(
        f"\n{name}: {given} of {len(half)} have a topic ({given / len(half):.1%}), {len(half) / seconds:.0f} subjects/s"
    )
    first = Counter(topics[0].id for topics in found if topics)
    every = Counter(topic.id for topics in found for topic in topics)
    for topic, count in first.most_common():
        print(f"  {topic:45} first {count:5}  in all {every[topic]:5}")


if __name__ == "__main__":
    main()
