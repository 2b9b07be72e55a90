"""What repair changes in clean text, where every change is a fault: `python -m tests.bench.reading.repair [--words N]`.

Takes dispatch subjects and, of the texts that the lexicon was counted from, the tenth that was held out. VANBAN_SHARED
names the folder with the texts.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from services.core.lexicon import Lexicon, load_lexicon
from services.core.model import Box, Zone
from services.core.text import nfc
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.repair import repair

_HELD_OUT = 10
_LINE_WORDS = 12


def subjects(folder: Path) -> Iterator[str]:
    """Yield the subjects of the dispatches."""
    with (folder / "binhduong_dispatch_metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        column = "trich_yeu"
        yield from (nfc(row[column]) for row in rows)


def held_out(folder: Path, name: str, key: str) -> Iterator[str]:
    """Yield every tenth text of a file, those that the lexicon was not counted from."""
    with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if number % _HELD_OUT == 0:
                yield nfc(json.loads(line)[key])


def changes(texts: Iterator[str], limit: int, lexicon: Lexicon) -> tuple[int, list[tuple[str, str]]]:
    """Repair texts of `limit` words in all; returns the number of words and what became of those that changed."""
    words, changed = 0, []
    for text in texts:
        page = _segments(text)
        for segment in repair(page, lexicon):
            for token in segment.line.tokens:
                words += 1
                if token.raw is not None:
                    changed.append((token.raw, token.text))
        if words >= limit:
            break
    return words, changed


def _segments(text: str) -> list[Segment]:
    segments = []
    for paragraph in text.splitlines():
        words = iter(paragraph.split())
        while line := list(islice(words, _LINE_WORDS)):
            tokens = (Token(word, Box(30.0 * i, 0, 30.0 * i + 26, 10), 0.95) for i, word in enumerate(line))
            segments.append(Segment(Line(tuple(tokens)), Region.FLOW, Zone.BODY))
    return segments


def main() -> int:
    """Print words changed per mille for each kind of text, and list them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000, help="words of each kind of text")
    given = parser.parse_args()
    if not os.environ.get("VANBAN_SHARED"):
        sys.stdout.write("Skipped: VANBAN_SHARED names no folder with texts.\n")
        return 0
    folder = Path(os.environ["VANBAN_SHARED"]) / "data" / "text"
    lexicon = load_lexicon()
    kinds = {
        "dispatch subjects": subjects(folder),
        "gazette, held out": held_out(folder, "congbao_fulltext_402_hrmaster.jsonl.gz", "full_text"),
        "articles, held out": held_out(folder, "phapdien_articles.jsonl.gz", "text"),
    }
    for kind, texts in kinds.items():
        words, changed = changes(texts, given.words, lexicon)
        sys.stdout.write(
            f"{kind}: {len(changed)} of {words} words changed, {1000 * len(changed) / words:.2f} per mille\n"
        )
        for before, after in changed:
            sys.stdout.write(f"    {before} -> {after or '(dropped)'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
