"""`python -m tests.power.day FOLDER COUNT SEED`: the work that is recorded; in one process, so that its order is one.

The web application takes files in through its own routes, the jobs read them and write the index, as web server and
workers do. Each upload that was acknowledged is said on standard output, which stands in the record too.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import islice
from pathlib import Path

from tests.storm.files import texts
from tests.unit.web_support import open_house


async def day(folder: Path, count: int, seed: int) -> None:
    """Send `count` files one after the other, and do the work they make after every third."""
    async with open_house(folder) as house:
        for number, file in enumerate(islice(texts(seed), count), start=1):
            await house.send({file.name: file.data})
            os.write(1, f"acknowledged {file.sha256}\n".encode())
            if number % 3 == 0:
                await house.work()
        await house.work()


if __name__ == "__main__":
    asyncio.run(day(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
