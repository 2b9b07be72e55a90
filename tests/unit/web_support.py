"""A running app over a real archive and index on a temporary folder, with the work done in this process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
from fastapi import FastAPI
from PIL import Image

from services.app import create_app
from services.archive import Archive
from services.core.model import Box, Item, PageInfo, PageText, Triage, Word, local_principal
from services.core.settings import Settings, load_settings
from services.fields import Taxonomy
from services.ocr import Reader
from services.search import SearchEngine, open_engine
from services.web.derived import Searchables
from services.web.pictures import Pictures
from services.web.site import Site
from tests.new_data import new_data
from workers import jobs

P = local_principal("cli")
HOST = "http://localhost:8000"
WIDTH, HEIGHT = 595.0, 842.0
PDF = b"%PDF-1.4\n% a file that only the canned reader reads\n"


class CannedReader:
    """A reader that reads the same lines on every page: each word 40 pt wide, each line 20 pt high."""

    def __init__(self, lines: Sequence[str], pages: int = 1) -> None:
        self.lines = lines
        self.pages = pages
        self.drawn: list[tuple[int, int]] = []

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def triage(self, path: Path, media_type: str) -> Triage:
        """Return the pages."""
        return Triage(pages=tuple(PageInfo(number=n + 1, width=WIDTH, height=HEIGHT) for n in range(self.pages)))

    async def read_page(self, path: Path, media_type: str, number: int, known: Any = None) -> PageText:
        """Return the lines as words with boxes."""
        words = tuple(
            Word(text, Box(50 + 45 * n, 60 + 20 * line, 90 + 45 * n, 76 + 20 * line), 0.9, line, line)
            for line, written in enumerate(self.lines)
            for n, text in enumerate(written.split())
        )
        return PageText(number, WIDTH, HEIGHT, words, image_hash=f"{hash(tuple(self.lines)):x}-{number}")

    async def page_image(self, path: Path, media_type: str, number: int, width: int) -> bytes:
        """Return a blank JPEG of that width."""
        self.drawn.append((number, width))
        picture = io.BytesIO()
        Image.new("L", (width, round(width * HEIGHT / WIDTH)), 255).save(picture, "JPEG")
        return picture.getvalue()

    async def searchable(self, path: Path, media_type: str, pages: Sequence[PageText], out: Path) -> None:
        """Write the number of words of each page behind the bytes of the original."""
        counts = " ".join(str(len(page.words)) for page in pages)
        await asyncio.to_thread(lambda: out.write_bytes(path.read_bytes() + counts.encode()))


@dataclass
class House:
    """The app, its services, and a client that talks to it."""

    app: FastAPI
    site: Site
    client: httpx.AsyncClient
    writer: SearchEngine
    reader: CannedReader

    @property
    def archive(self) -> Archive:
        """The archive of the app."""
        return self.site.archive

    async def send(self, files: Mapping[str, bytes], **form: Any) -> str:
        """Upload files through the API and return the id of their batch."""
        parts = [("files", (name, data)) for name, data in files.items()]
        answer = await self.client.post("/api/v1/batches", files=parts, data=form)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def work(self) -> None:
        """Do all the work there is, as the workers would."""
        reader, archive = cast(Reader, self.reader), self.archive
        taxonomy = Taxonomy.load(None)
        doing: dict[str, Callable[..., Awaitable[None]]] = {
            "triage": lambda source_id: jobs.triage(archive, reader, source_id),
            "read_page": lambda page_id, **_: jobs.read_page(archive, reader, page_id),
            "assemble": lambda source_id: jobs.assemble(archive, taxonomy, source_id),
            "bulk": lambda action_id: jobs.bulk(archive, action_id),
            "index": lambda **_: jobs.index(archive, self.writer),
        }
        while rows := await archive.work.claim(50):
            for row in rows:
                await doing[row.job](**row.args)

    async def items(self, batch_id: str) -> tuple[Item, ...]:
        """Return the items of a batch."""
        return (await self.archive.account.items(P, batch_id, limit=500)).items

    async def seed(self, lines: Sequence[str], name: str = "scan.pdf", *, pages: int = 1, **form: Any) -> str:
        """Upload a scan of these lines, read it, and return the id of its document."""
        self.reader.lines, self.reader.pages = lines, pages
        batch = await self.send({name: PDF + repr((lines, name)).encode()}, **form)
        await self.work()
        (item,) = await self.items(batch)
        return item.document_ids[0]


def settings_of(folder: Path, **values: Any) -> Settings:
    """Return the settings of an archive in a folder."""
    return load_settings(data_dir=new_data(folder / "data"), **values)


@asynccontextmanager
async def open_house(folder: Path, **values: Any) -> AsyncIterator[House]:
    """Run the app on a new archive, with a canned reader."""
    settings = settings_of(folder, **values)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        reader = CannedReader(["Công văn"])
        site: Site = app.state.site
        pictures = Pictures(site.archive, lambda: cast(Reader, reader))
        searchables = Searchables(site.archive, lambda: cast(Reader, reader))
        app.state.site = site = replace(site, pictures=pictures, searchables=searchables)
        writer = await open_engine(settings, write=True)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        try:
            async with httpx.AsyncClient(transport=transport, base_url=HOST, timeout=60) as client:
                yield House(app, site, client, writer, reader)
        finally:
            await pictures.close()
            await writer.close()
