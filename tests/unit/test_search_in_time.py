"""What a person waits for comes in time or is refused with a reason."""

import asyncio
from dataclasses import dataclass, field

import pytest

from services.core.errors import UnavailableError
from services.core.settings import Limits
from services.search.in_time import in_time


@dataclass
class Slow:
    limits: Limits = field(default_factory=lambda: Limits(search_seconds=0.02))
    ended: bool = False

    @in_time
    async def answer(self, seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        finally:
            self.ended = True
        return "found"

    @in_time
    async def breaks(self) -> None:
        raise TimeoutError("of its own")


async def test_an_answer_in_time_is_given_and_a_late_one_given_up_with_its_reason() -> None:
    slow = Slow()
    assert await slow.answer(0) == "found"
    slow.ended = False
    with pytest.raises(UnavailableError) as refused:
        await slow.answer(60)
    assert refused.value.code == "search_too_slow"
    assert slow.ended, "nothing goes on behind it"


async def test_a_timeout_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(TimeoutError, match="of its own"):
        await Slow().breaks()
