"""The queries of the bench, and how long each takes: through HTTP, and straight on the engine, in turn."""

import http.client
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from services.core.settings import Settings
from services.search import Filters, SearchQuery, open_engine
from tests.bench.scale.texts import Text
from tests.bench.search import engine_query, first_syllables, questions

_FILTERS: tuple[dict[str, str], ...] = ({"year": "2020"}, {"level": "province"}, {"topic": "y-te"}, {"kind": "TT"})
LIMIT = 10

Asked = tuple[str, dict[str, str]]
"""What is typed, and its one filter."""


def query_log(shared: Path, made: Sequence[Text], count: int) -> list[Asked]:
    """Mix whole questions, their first 2 to 6 syllables, and symbols in the archive; each under a filter, in turn."""
    symbols = [t.record.symbol for t in made if t.record.symbol]
    log = []
    for number, (question, _) in zip(range(count), questions(shared), strict=False):
        typed = (question, first_syllables(question), symbols[number * 37 % len(symbols)])[number % 3]
        log.append((typed, _FILTERS[number // 3 % len(_FILTERS)]))
    return log


async def measure(url: str, settings: Settings, log: Sequence[Asked]) -> tuple[list[float], list[float]]:
    """Ask everything both ways, once to warm up and once to count; milliseconds of each query both ways."""
    engine = await open_engine(settings)
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    through, bare = [], []
    try:
        for counted in (False, True):
            for q, filters in log:
                query = SearchQuery(q=q, limit=LIMIT, filters=Filters(**{k: (v,) for k, v in filters.items()}))
                asked = await engine_query(engine, query)
                started = time.perf_counter()
                _get(client, q, filters)
                middle = time.perf_counter()
                await engine.search(asked)
                ended = time.perf_counter()
                if counted:
                    through.append((middle - started) * 1000)
                    bare.append((ended - middle) * 1000)
    finally:
        client.close()
        await engine.close()
    return through, bare


def _get(client: http.client.HTTPConnection, q: str, filters: dict[str, str]) -> None:
    client.request("GET", "/api/v1/search?" + urlencode({"q": q, "limit": LIMIT, **filters}))
    answer = client.getresponse()
    answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{q!r} was answered with {answer.status}")


def report(through: Sequence[float], bare: Sequence[float]) -> None:
    """Print quantiles of both ways, and how they compare."""
    quantiles = {}
    for name, times in (("through HTTP", through), ("bare engine", bare)):
        cuts = quantiles[name] = statistics.quantiles(times, n=100)
        print(f"  {name:<13} p50 {cuts[49]:6.1f} ms   p95 {cuts[94]:6.1f} ms   p99 {cuts[98]:6.1f} ms")
    ratio = statistics.median(a / b for a, b in zip(through, bare, strict=True))
    worst = quantiles["through HTTP"][94] / quantiles["bare engine"][94]
    print(f"  ratio         p95 {worst:.2f}, median of the pairs {ratio:.2f}", flush=True)
