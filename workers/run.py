"""`python -m workers.run read|record|index|dispatch`: one worker process, for the supervisor and for containers."""

import sys
from typing import Literal

from services.core.settings import Settings

Role = Literal["read", "record", "index", "dispatch"]


async def run(role: Role, settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a job that is cut off is done again by another worker."""
    raise NotImplementedError


if __name__ == "__main__":
    sys.exit(2)
