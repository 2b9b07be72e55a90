"""Short queries as officials type them: nDCG@10 on the judged set stays where it was (docs/relevance.md).

The texts are not part of the project: set VANBAN_SHARED to the folder that has data/text.
"""

import os
from pathlib import Path

import pytest

from tests.bench.judged.collection import collection
from tests.bench.judged.grades import mean_ndcg, read_grades
from tests.bench.judged.rankings import our_rankings

pytestmark = pytest.mark.skipif("VANBAN_SHARED" not in os.environ, reason="VANBAN_SHARED does not name the shared data")


async def test_what_was_graded_helpful_comes_first_typed_and_in_ascii(tmp_path: Path) -> None:
    texts = list(collection(Path(os.environ["VANBAN_SHARED"])))
    found = await our_rankings(f"embedded://{tmp_path}/index", tmp_path, texts)
    reached = {writing: round(mean_ndcg(rankings, read_grades()), 3) for writing, rankings in found.items()}
    print(f"nDCG@10: {reached}")
    assert min(reached.values()) >= 0.72
