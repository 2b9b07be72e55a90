"""`python -m workers.health read|record|index`: does the worker of this container work? For health checks."""

import asyncio
import socket
import sys

from redis.exceptions import RedisError

from services.core.settings import load_settings
from workers.lease import workers_alive
from workers.queue import QUEUES, connect


async def healthy(url: str, queue: str, host: str) -> bool:
    """Say whether a worker of this queue on this host said lately that it is alive."""
    try:
        redis = await connect(url)
    except (RedisError, OSError):
        return False
    try:
        return any(name.startswith(f"{host}.") for name in await workers_alive(redis, queue))
    finally:
        await redis.aclose()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        sys.exit(f"python -m workers.health {'|'.join(QUEUES)}")
    sys.exit(not asyncio.run(healthy(load_settings().redis_url, sys.argv[1], socket.gethostname())))
