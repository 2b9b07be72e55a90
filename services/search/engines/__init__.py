"""The engines behind the one protocol; nobody outside this package knows which one runs."""

from services.core.settings import Settings
from services.search.types import SearchEngine


async def open_engine(settings: Settings, *, write: bool = False) -> SearchEngine:
    """Open the engine that `settings.index_url` names, `embedded:///DIR` or `http(s)://...`.

    With `write=True` a first generation is made where there is none, and `apply` works. Only one process holds a
    writing embedded engine at a time. A damaged or old index does not fail here but where it is used (`ping`,
    `search`, `apply` raise CorruptError), so that `reindex` can put it right. Raises SettingsError for another address
    and UnavailableError when a server does not answer.
    """
    raise NotImplementedError
