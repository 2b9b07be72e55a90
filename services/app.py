"""The web server's composition root: `uvicorn services.app:create_app --factory`."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI

from services.archive import open_archive
from services.core.errors import (
    ConflictError,
    CorruptError,
    DossierExistsError,
    DossierLockedError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    MissingProgramError,
    NotFoundError,
    ReaderLimitError,
    ReaderLostError,
    ReadError,
    SettingsError,
    StorageFullError,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    VanbanError,
)
from services.core.settings import Settings, load_settings
from services.export import BatchSearch, Exports
from services.fields import followed_taxonomy
from services.ocr import Reader
from services.search import SavedSearches, SearchService, open_engine
from services.web import install
from services.web.derived import Searchables
from services.web.iiif.cross_origin import CrossOrigin
from services.web.middleware import BodyLimit, Guard, HeadAsGet, HostGuard, OriginGuard, RequestCounts, own_hosts
from services.web.pictures import Pictures
from services.web.problems import (
    PreconditionFailedError,
    PreconditionRequiredError,
    StatusTable,
    install_problems,
)
from services.web.schemas import DocumentView
from services.web.site import Site
from services.web.uploads import RefusedError
from services.web.views import Views

STATUS: dict[type[VanbanError], HTTPStatus] = {
    VanbanError: HTTPStatus.INTERNAL_SERVER_ERROR,
    SettingsError: HTTPStatus.INTERNAL_SERVER_ERROR,
    MissingProgramError: HTTPStatus.SERVICE_UNAVAILABLE,
    NotFoundError: HTTPStatus.NOT_FOUND,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    GoneError: HTTPStatus.GONE,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    ConflictError: HTTPStatus.CONFLICT,
    DossierLockedError: HTTPStatus.CONFLICT,
    DossierExistsError: HTTPStatus.CONFLICT,
    PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    CorruptError: HTTPStatus.INTERNAL_SERVER_ERROR,
    ReadError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReaderLimitError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReaderLostError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The error table. A test walks all subclasses of VanbanError: each has its row."""


UPLOAD_FILES = 5_000
"""Files of one upload; each over 1 MB holds an open temporary file until it is taken in."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; what it stands on is opened when it starts and closed when it ends.

    Without `settings` they are read from the environment. Raises SettingsError when they make no sense.
    """
    settings = settings or load_settings()
    counts = RequestCounts()
    app = FastAPI(
        title="vanban",
        version=version("vanban"),
        description="An archive that reads: scanned Vietnamese official documents in, records and search out.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings, counts),
        form_limits={"max_files": UPLOAD_FILES, "max_fields": 3 * UPLOAD_FILES},
    )
    install(app)
    install_problems(app, StatusTable(STATUS))
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, max_bytes=settings.limits.request_bytes)
    app.add_middleware(OriginGuard)
    app.add_middleware(CrossOrigin)
    app.add_middleware(HostGuard, allowed=own_hosts(settings.host, settings.allowed_hosts))
    app.add_middleware(Guard, counts=counts)
    return app


def _lifespan(settings: Settings, counts: RequestCounts) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _allow_open_files(2 * UPLOAD_FILES)
        async with AsyncExitStack() as stack:
            archive = await stack.enter_async_context(await open_archive(settings))
            await archive.users.require_for(settings.host)
            await stack.enter_async_context(archive.trace.kept())
            engine = await open_engine(settings)
            stack.push_async_callback(engine.close)
            pictures = Pictures(archive, lambda: Reader(settings))
            stack.push_async_callback(pictures.close)
            searchables = Searchables(archive, lambda: Reader(settings))
            stack.push_async_callback(searchables.close)
            search = SearchService(engine, archive, settings, label=_topic_labels(settings))
            app.state.site = Site(
                settings=settings,
                archive=archive,
                engine=engine,
                search=search,
                exports=Exports(search, settings, DocumentView.of, archive.documents.followed),
                batch_search=BatchSearch(search, settings),
                saved=SavedSearches(search, archive),
                pictures=pictures,
                searchables=searchables,
                views=Views(settings),
                counts=counts,
            )
            yield

    return lifespan


def _topic_labels(settings: Settings) -> Callable[[str, str], str | None]:
    taxonomy = followed_taxonomy(settings.taxonomy_file)
    return lambda facet, value: taxonomy.current().label(value, settings.locale) if facet == "topic" else None


def _allow_open_files(count: int) -> None:
    """Let this process have so many files open, as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
