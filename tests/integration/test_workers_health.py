"""The health check of worker containers tells a living worker of this host from all others."""

from tests.servers import redis_server
from workers.health import healthy
from workers.lease import Lease, everybody_works
from workers.queue import INDEX, QUEUES, READ, connect


async def test_a_worker_is_healthy_while_its_lease_is_fresh() -> None:
    with redis_server() as server:
        redis = await connect(server.url)
        lease = Lease(redis, READ, "box.12")
        assert not await healthy(server.url, READ, "box")
        await lease.beat(())
        assert await healthy(server.url, READ, "box")
        assert not await healthy(server.url, READ, "bo")
        assert not await healthy(server.url, INDEX, "box")
        await lease.end()
        assert not await healthy(server.url, READ, "box")
        await redis.aclose()


async def test_everybody_works_only_when_every_queue_has_a_worker() -> None:
    with redis_server() as server:
        redis = await connect(server.url)
        for queue in QUEUES:
            assert not await everybody_works(server.url)
            await Lease(redis, queue, "box.1").beat(())
        assert await everybody_works(server.url)
        await redis.aclose()
        url = server.url
    assert not await everybody_works(url)
    assert not await healthy(url, READ, "box")
