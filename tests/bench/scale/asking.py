"""The queries of the bench, and how long each takes: through HTTP, and straight on the engine, in turn."""

import http.client
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from services.core.settings import Settings
from services.search import Filters, SearchQuery, open_engine
from tests.bench.scale.texts import Text
from tests.bench.search import engine_query, first_syllables, questions

_FILTERS = (
    Filters(year=("2020",)),
    Filters(level=("province",)),
    Filters(topic=("y-te",)),
    Filters(kind=("TT",)),
)
LIMIT = 10


def query_log(shared: Path, made: Sequence[Text], count: int) -> list[SearchQuery]:
    """Mix whole questions, their first 2 to 6 syllables, and symbols in the archive; each under a filter, in turn."""
    symbols = [t.record.symbol for t in made if t.record.symbol]
    log = []
    for number, (question, _) in zip(range(count), questions(shared), strict=False):
        typed = (question, first_syllables(question), symbols[number * 37 % len(symbols)])[number % 3]
        log.append(SearchQuery(q=typed, limit=LIMIT, filters=_FILTERS[number // 3 % len(_FILTERS)]))
    return log


async def measure(url: str, settings: Settings, log: Sequence[SearchQuery]) -> dict[str, list[tuple[float, float]]]:
    """Ask everything twice, each time both ways; milliseconds (through HTTP, bare) of each query, by round.

    In the first round texts and boxes of the hits come from the archive, in the second the process has most at hand.
    """
    engine = await open_engine(settings)
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    rounds: dict[str, list[tuple[float, float]]] = {"first time": [], "second time": []}
    try:
        for times in rounds.values():
            for query in log:
                asked = await engine_query(engine, query)
                started = time.perf_counter()
                _get(client, query)
                middle = time.perf_counter()
                await engine.search(asked)
                times.append((1000 * (middle - started), 1000 * (time.perf_counter() - middle)))
    finally:
        client.close()
        await engine.close()
    return rounds


def measure_typing(url: str, log: Sequence[SearchQuery]) -> list[float]:
    """Ask for suggestions after each key of the short queries, as a box does; milliseconds of each request."""
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    times = []
    try:
        for query in log:
            typed = " ".join(query.q.split()[:3])
            for end in range(2, len(typed) + 1, 3):
                started = time.perf_counter()
                _fetch(client, "/api/v1/suggest?" + urlencode({"q": typed[:end]}))
                times.append(1000 * (time.perf_counter() - started))
    finally:
        client.close()
    return times


def _get(client: http.client.HTTPConnection, query: SearchQuery) -> None:
    picked = {name: values for name, values in asdict(query.filters).items() if values}
    asked = urlencode({"q": query.q, "limit": query.limit, **picked}, doseq=True)
    _fetch(client, f"/api/v1/search?{asked}")


def _fetch(client: http.client.HTTPConnection, address: str) -> None:
    client.request("GET", address)
    answer = client.getresponse()
    answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{address} was answered with {answer.status}")


def report(name: str, times: Sequence[tuple[float, float]]) -> None:
    """Print quantiles of both ways, and how they compare."""
    cuts = [statistics.quantiles(way, n=100) for way in zip(*times, strict=True)]
    for way, (p50, p95, p99) in zip(("HTTP", "bare"), ((c[49], c[94], c[98]) for c in cuts), strict=True):
        print(f"  {name}, {way}: p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms")
    ratio = statistics.median(through / bare for through, bare in times)
    print(f"  {name}, ratio: p95 {cuts[0][94] / cuts[1][94]:.2f}, median of the pairs {ratio:.2f}", flush=True)
