"""The engines behind the one protocol; nobody outside this package knows which one runs."""

from pathlib import Path

from services.core.errors import SettingsError
from services.core.settings import Settings
from services.search.types import SearchEngine


async def open_engine(settings: Settings, *, write: bool = False) -> SearchEngine:
    """Open the engine that `settings.index_url` names, `embedded:///DIR` or `http(s)://...`.

    With `write=True` a first generation is made where there is none, and `apply` works. Processes that write the
    embedded engine take turns. A damaged or old index does not fail here but where it is used (`ping`, `search`,
    `apply` raise CorruptError), so that `reindex` can put it right. Raises SettingsError for another address and
    UnavailableError when a server does not answer.
    """
    url = settings.index_url
    if url.startswith("embedded://"):
        from services.search.engines.embedded import EmbeddedEngine

        path = url.removeprefix("embedded://")
        if not path.startswith("/"):
            raise SettingsError(f"VANBAN_INDEX_URL: write embedded:///DIRECTORY, not {url!r}.", name="VANBAN_INDEX_URL")
        embedded = EmbeddedEngine(Path(path), write=write)
        if write:
            await embedded.prepare()
        return embedded
    from services.search.engines.opensearch import OpenSearchEngine
    from services.search.engines.opensearch.client import parse_address

    opensearch = OpenSearchEngine(parse_address(url), write=write)
    if write:
        await opensearch.prepare()
    return opensearch
