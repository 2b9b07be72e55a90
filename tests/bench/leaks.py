"""The leak test at length: `python -m tests.bench.leaks [--engine opensearch] [--seed N] [--triples N] ...`.

Prints the seed, how many (person, route, document) were asked, and every leak; ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.leaks import Tally, groves, look, questions
from tests.servers import opensearch_node


async def ask(options: argparse.Namespace, folder: Path, url: Any) -> Tally:
    """Ask until there are enough triples; every round has people, documents and archives of its own."""
    chance, tally = random.Random(options.seed), Tally()
    rounds = 0
    while tally.triples < options.triples:
        rounds, known = rounds + 1, dict[Any, Any]()
        (folder / str(rounds)).mkdir()
        address = url and (lambda name, n=rounds: f"{url}/leaks-{n}-{name}")
        async with groves(folder / str(rounds), chance, options.plants, options.people, address) as found:
            every, crowd, whole, mine = found
            asked = [(p, plant, question) for p in crowd for plant in every for question in questions(whole.house)]
            chance.shuffle(asked)
            for p, plant, question in asked:
                if tally.triples < options.triples:
                    await look(whole, mine[p.name], p, plant, question, tally, known)
    return tally


def main() -> int:
    """Run it on one engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("embedded", "opensearch"), default="embedded")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--triples", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--plants", type=int, default=12)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vanban-leaks-")))
        url = stack.enter_context(opensearch_node()).url if options.engine == "opensearch" else None
        tally = asyncio.run(ask(options, folder, url))
    print(*tally.leaks, sep="\n")
    print(f"{options.engine}, seed {options.seed}: {tally.triples} triples, {len(tally.leaks)} leaks")
    return 1 if tally.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
