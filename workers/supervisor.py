"""`vanban up`: everything on this machine, as one group of processes (tech.md section 8)."""

import asyncio
import contextlib
import logging
import signal
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Literal

from redis.exceptions import RedisError

from services.archive import open_archive
from services.core.errors import UnavailableError, VanbanError
from services.core.loopback import is_loopback
from services.core.settings import Settings, read_directory_file, write_directory_file
from workers import local
from workers.lease import forget_dead
from workers.log import set_up
from workers.process import Keeper, Program
from workers.queue import connect
from workers.reindexing import request_reindex
from workers.sample import load_sample, sample_files
from workers.state import UpState, forget_state, only_one, write_state

log = logging.getLogger(__name__)

Engine = Literal["embedded", "opensearch"]

SAMPLE_QUERY = "tiêm vắc xin ưu tiên"
_REDIS_SECONDS = 15.0
_OPENSEARCH_SECONDS = 120.0
_STOP_SECONDS = 19.0


def up(settings: Settings, *, engine: Engine | None = None, sample: bool = False) -> int:
    """Run Redis, the engine, the workers and the web server in the foreground until SIGINT or SIGTERM.

    `engine` None keeps the engine of the data directory. `sample` loads the sample archive once, into an empty data
    directory. Returns the exit code: 0 after an ordered stop. Raises ConflictError when another group runs on the
    data directory or the port is in use, MissingProgramError naming what is not installed.
    """
    set_up(settings.log_level)
    return asyncio.run(_up(settings, engine, sample))


async def _up(settings: Settings, engine: Engine | None, sample: bool) -> int:
    group = Group()
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():  # asked a second time: at once
            group.kill()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    if sample:
        sample_files()
    with only_one(settings):
        local.check_port(settings.host, settings.port)
        await _require_account(settings)
        before = read_directory_file(settings.data_dir).get("index_url", "")
        settings = choose_engine(settings, engine)
        write_directory_file(settings)
        write_state(settings, UpState.of(settings))
        starting = asyncio.create_task(_start(group, settings, sample=sample, engine_before=before))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await starting
                await stopped
            return 0
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            _say("Stopping.")
            await group.stop(_STOP_SECONDS)
            forget_state(settings)


async def _require_account(settings: Settings) -> None:
    """Raise SettingsError where the web server would listen beyond this machine while nobody has an account."""
    if not is_loopback(settings.host):
        async with await open_archive(settings) as archive:
            await archive.users.require_for(settings.host)


class Group:
    """The running programs in the order of their start; stopped in reverse, those of one layer together."""

    def __init__(self) -> None:
        self._layers: list[list[Keeper]] = []

    def start(self, *programs: Program) -> None:
        """Start programs that may be stopped at the same time."""
        layer = [Keeper(program) for program in programs]
        self._layers.append(layer)
        for keeper in layer:
            keeper.start()

    async def stop(self, seconds: float) -> None:
        """Stop all; whatever still runs after `seconds` is killed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for layer in reversed(self._layers):
                    await asyncio.gather(*(keeper.stop() for keeper in layer))
                return
        self.kill()

    def kill(self) -> None:
        """Kill all at once."""
        for layer in self._layers:
            for keeper in layer:
                keeper.kill()


async def _start(group: Group, settings: Settings, *, sample: bool, engine_before: str) -> None:
    """Start everything in the order in which it is needed, and say when it can be used."""
    redis = local.redis_program(settings)
    if redis is not None:
        group.start(redis)
    await _wait_for_redis(settings)
    port = local_node_port(settings)
    if port is not None:
        _say("Starting the local OpenSearch node; the first start takes longer.")
        group.start(local.opensearch_program(settings, port))
        await _wait_for_own_node(settings)
    async with await open_archive(settings, migrate=True):
        pass  # the catalogue is made or brought up to date before anybody works on it
    if engine_before and engine_kind(engine_before) != settings.engine:
        await _request_reindex(settings)
    index, *others = local.worker_programs(settings)
    group.start(index)
    group.start(*others)
    group.start(local.web_program(settings))
    await _announce(settings)
    if sample:
        await _load_sample(settings)


async def _request_reindex(settings: Settings) -> None:
    redis = await connect(settings.redis_url)
    await request_reindex(redis)
    await redis.aclose()


async def _announce(settings: Settings) -> None:
    url = UpState.of(settings).url
    await _wait_for_http(f"{url}/readyz", None, "the web server")
    _say(f"vanban is ready: {url}")
    _say(f"A search to try: {url}/search?q={urllib.parse.quote(SAMPLE_QUERY)}")
    _say(f'             or: vanban search "{SAMPLE_QUERY}"')
    _say("Ctrl-C stops everything.")


async def _load_sample(settings: Settings) -> None:
    try:
        async with await open_archive(settings, migrate=False) as archive:
            count = await load_sample(archive)
    except VanbanError as error:  # what runs goes on running
        _say(f"The sample archive could not be loaded: {error}")
        return
    if count:
        _say(f"The sample archive is being read: {count} files. `vanban status` shows how far it is.")


async def _wait_for_redis(settings: Settings) -> None:
    private = settings.private_redis_socket is not None

    async def answers() -> bool:
        try:
            redis = await connect(settings.redis_url)
        except (RedisError, OSError):
            return False
        try:
            if private:
                await forget_dead(redis)
        finally:
            await redis.aclose()
        return True

    if not await _wait(answers, _REDIS_SECONDS):
        hint = f" Or delete {settings.data_dir / 'redis'}: nothing is lost." if private else ""
        raise UnavailableError(
            f"Redis does not answer at {settings.redis_url}. See its lines above.{hint}", server="redis"
        )


async def _wait_for_own_node(settings: Settings) -> None:
    """Wait until the node that was started answers at our address: another archive's node on the port is not ours."""
    said = local.opensearch_address(settings)

    async def answers() -> bool:
        if not said.exists() or said.read_text(encoding="utf-8").strip() != settings.index_url.rstrip("/"):
            return False
        return await asyncio.to_thread(_answers, f"{settings.index_url}/_cluster/health")

    if not await _wait(answers, _OPENSEARCH_SECONDS):
        raise UnavailableError(
            f"the OpenSearch node does not answer at {settings.index_url}. See its lines above.", server="opensearch"
        )


async def _wait_for_http(url: str, seconds: float | None, what: str) -> None:
    if not await _wait(lambda: asyncio.to_thread(_answers, url), seconds):
        raise UnavailableError(f"{what} does not answer at {url}. See its lines above.", server=what)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http on loopback or the set host
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def _wait(answers: Callable[[], Awaitable[bool]], seconds: float | None) -> bool:
    deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
    while not await answers():
        if deadline is not None and asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


def engine_kind(index_url: str) -> Engine:
    """Return which engine an index address names."""
    return "embedded" if index_url.startswith("embedded:") else "opensearch"


def choose_engine(settings: Settings, engine: Engine | None) -> Settings:
    """Return the settings with the index address of the wanted engine.

    An OpenSearch server that is set by address is used as it is; otherwise the data directory gets a local node, on
    the port it had before where that is free.
    """
    engine = engine or settings.engine
    if engine == "embedded":
        if settings.engine == "embedded":
            return settings
        return settings.model_copy(update={"index_url": f"embedded://{settings.data_dir}/index"})
    port = local_node_port(settings)
    if settings.engine == "opensearch" and port is None:
        return settings
    port = local.free_port(port) if port else local.free_port()
    local.opensearch_folder(settings).mkdir(parents=True, exist_ok=True)
    return settings.model_copy(update={"index_url": f"http://127.0.0.1:{port}"})


def local_node_port(settings: Settings) -> int | None:
    """Return the port of the data directory's own OpenSearch node, None where it uses none."""
    if settings.engine != "opensearch" or not local.opensearch_folder(settings).is_dir():
        return None
    address = urllib.parse.urlsplit(settings.index_url)
    return address.port if address.hostname == "127.0.0.1" else None


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads it any more: the work goes on
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
