"""No route tells of a document that its asker may not see, in no word, id or count (tests.bench.leaks asks more)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tests.leaks import Tally, groves, look, questions

SEED, PLANTS, PEOPLE, QUESTIONS = 7, 5, 2, 300


async def test_no_route_tells_of_what_its_asker_may_not_see(tmp_path: Path) -> None:
    chance, tally, known = random.Random(SEED), Tally(), dict[Any, Any]()
    async with groves(tmp_path, chance, PLANTS, PEOPLE) as (every, crowd, whole, mine):
        asked = [(p, plant, q) for p in crowd for plant in every for q in questions(whole.house)]
        hidden = [one for one in asked if not one[1].seen_by(one[0])]
        assert hidden
        for p, plant, question in chance.sample(asked, min(QUESTIONS, len(asked))):
            await look(whole, mine[p.name], p, plant, question, tally, known)
    assert tally.triples > QUESTIONS / 2
    assert tally.leaks == []
