"""An answer comes in time or not at all: the deadline of everything that a person waits for."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from services.core.settings import Limits
from services.search.problems import search_too_slow


class Limited(Protocol):
    """What has the limits of the settings."""

    @property
    def limits(self) -> Limits:
        """The limits in force."""


S = TypeVar("S", bound=Limited)
P = ParamSpec("P")
R = TypeVar("R")


def in_time(call: Callable[Concatenate[S, P], Awaitable[R]]) -> Callable[Concatenate[S, P], Awaitable[R]]:
    """Give a call `limits.search_seconds`; after that it raises UnavailableError (`search_too_slow`).

    A request to a server is given up, which ends the search there; a thread that is at work ends by itself.
    """

    @functools.wraps(call)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        seconds = self.limits.search_seconds
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await call(self, *args, **kwargs)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise search_too_slow(seconds) from error

    return wrapper
