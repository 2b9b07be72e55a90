"""Write synthetic scans: `python -m tests.corpus OUT --count N --seed S`, one of each option: `--specs`.

Each scan is written beside `NAME.truth.json` (record, words with boxes in points, clean text). The committed sample
archive is made again by `python -m tests.corpus deploy/sample --sample` (fonts: apt-get install fonts-liberation2).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from services.core.errors import VanbanError
from tests.corpus import SPECS, Scan, make_scan, random_specs
from tests.corpus.sample import write_sample


def truth_json(scan: Scan) -> dict[str, object]:
    """Return the truth of a scan in JSON values; words as [text, [x0, y0, x1, y1], line, paragraph, zone]."""
    truth = scan.truth
    pages = [
        {
            "number": page.number, "width": page.width, "height": page.height, "rotation": page.rotation,
            "words": [
                [w.text, [round(v, 2) for v in w.box] if w.box else None, w.line, w.paragraph, w.zone]
                for w in page.words
            ],
        }
        for page in truth.pages
    ]  # fmt: skip
    return {
        "name": scan.name, "media_type": scan.media_type, "topic": truth.topic, "text_layer": truth.text_layer,
        "record": truth.record.model_dump(mode="json"), "cuts": [dataclasses.asdict(cut) for cut in truth.cuts],
        "clean_text": truth.clean_text, "pages": pages,
    }  # fmt: skip


def write_scans(folder: Path, scans: Iterable[Scan]) -> int:
    """Write scans and their truth into a folder; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for scan in scans:
        (folder / scan.name).write_bytes(scan.data)
        text = json.dumps(truth_json(scan), ensure_ascii=False, indent=1)
        (folder / f"{scan.name}.truth.json").write_text(text + "\n", encoding="utf-8")
        count += 1
    return count


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 where a font is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--count", type=int, default=20, help="how many scans (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same scans")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--specs", action="store_true", help="one scan for every option instead of a mix")
    which.add_argument("--sample", action="store_true", help="the sample archive of deploy/sample instead of a mix")
    given = parser.parse_args(arguments)
    try:
        if given.sample:
            count = write_sample(given.out)
        else:
            specs = list(SPECS.values()) if given.specs else random_specs(given.count, given.seed)
            count = write_scans(given.out, (make_scan(spec, given.seed) for spec in specs))
    except VanbanError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} scans in {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
