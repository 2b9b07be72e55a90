"""`vanban read`: read scans without an archive, into text files and one JSON line a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import printable, say, ticker
from services.cli.exits import DONE, FILES_FAILED
from services.cli.files import check_paths, walk
from services.cli.options import settings_of
from services.cli.pace import Pace
from services.core.errors import InvalidInputError
from services.core.messages import say as sentence
from services.core.model import PageText, Reason
from services.core.settings import Settings
from services.ocr import ALTO, HOCR, FileRead, plain_text, read_files

if TYPE_CHECKING:
    from services.cli.fields_file import FieldsFile


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the files made of each scan go; None is nowhere."""

    text: Path | None = None
    alto: Path | None = None
    hocr: Path | None = None
    searchable: Path | None = None

    def __iter__(self) -> Iterator[Path]:
        return (folder for folder in (self.text, self.alto, self.hocr, self.searchable) if folder is not None)

    def copy_of(self, path: Path) -> Path:
        """Return where the searchable copy of a scan goes."""
        assert self.searchable is not None
        return self.searchable / f"{path.stem}.pdf"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go."""

    folders: Folders
    fields: FieldsFile | None = None


def read(
    files: Annotated[list[Path], typer.Argument(help="Files and folders: PDF, TIFF, JPEG, PNG.")],
    text_dir: Annotated[Path | None, typer.Option(help="Folder for STEM_pNN.txt, one for each page.")] = None,
    fields: Annotated[Path | None, typer.Option(help="File for one JSON line of fields per file.")] = None,
    searchable_dir: Annotated[Path | None, typer.Option(help="Folder for STEM.pdf, copies with a text layer.")] = None,
    alto_dir: Annotated[Path | None, typer.Option(help="Folder for STEM_pNN.alto.xml, one for each page.")] = None,
    hocr_dir: Annotated[Path | None, typer.Option(help="Folder for STEM_pNN.hocr, one for each page.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Pages read at a time [default: the cores].")] = None,
) -> None:
    """Read scans without an archive: nothing is kept between two runs."""
    folders = Folders(text_dir, alto_dir, hocr_dir, searchable_dir)
    if fields is None and not list(folders):
        raise InvalidInputError(
            "Say where the results go: --text-dir DIR, --fields FILE.jsonl, --searchable-dir DIR, --alto-dir DIR or "
            "--hocr-dir DIR; several at once if you like."
        )
    check_paths(files)
    paths = list(walk(files))
    _check_names(paths, folders)
    settings = settings_of(None)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    if fields is None:
        raise typer.Exit(asyncio.run(_read(settings, paths, jobs, Outputs(folders))))
    from services.cli.fields_file import FieldsFile  # the rules of records take time to load: only where wanted
    from services.fields import Taxonomy

    taxonomy = Taxonomy.load(settings.taxonomy_file)
    with fields.open("w", encoding="utf-8") as lines:
        outputs = Outputs(folders, FieldsFile(lines, taxonomy))
        raise typer.Exit(asyncio.run(_read(settings, paths, jobs, outputs)))


async def _read(settings: Settings, paths: Sequence[Path], jobs: int | None, outputs: Outputs) -> int:
    failed = 0
    copy_to = outputs.folders.copy_of if outputs.folders.searchable else None
    with ticker("Reading pages") as shown:
        pace = Pace(shown, "pages")
        async for result in read_files(settings, paths, jobs, copy_to=copy_to, progress=pace.update):
            # in a thread: whoever gives the readers their next page must not wait for a record
            await asyncio.to_thread(write_result, result, outputs)
            for where, reason in problems(result):
                failed += 1
                say(f"{printable(result.path.name)}{where}: {printable(sentence(reason, settings.locale))}")
    say(f"{len(paths)} files, {pace.summary()}, {failed} problems.")
    return FILES_FAILED if failed else DONE


def problems(result: FileRead) -> list[tuple[str, Reason]]:
    """Return what could not be done: the file (an empty place), pages of it, its searchable copy."""
    if result.reason is not None:
        return [("", result.reason)]
    found = [(f", page {n}", page) for n, page in enumerate(result.pages, 1) if isinstance(page, Reason)]
    return [*found, (", searchable copy", result.no_copy)] if result.no_copy else found


def write_result(result: FileRead, outputs: Outputs) -> None:
    """Write what is made of each page, and the line of fields; a page that failed has an empty text."""
    folders = outputs.folders
    for number, page in enumerate(result.pages, 1):
        name = f"{result.path.stem}_p{number:02}"
        if folders.text is not None:
            text = plain_text(page) if isinstance(page, PageText) else ""
            (folders.text / f"{name}.txt").write_text(text, encoding="utf-8")
        for folder, form in ((folders.alto, ALTO), (folders.hocr, HOCR)):
            if folder is not None and isinstance(page, PageText):
                (folder / f"{name}{form.suffix}").write_text(form.whole([page]), encoding="utf-8")
    if outputs.fields is not None:
        outputs.fields.add(result)


def _check_names(paths: Sequence[Path], folders: Folders) -> None:
    """Refuse two files whose results would overwrite each other, and copies that would overwrite a scan."""
    seen: dict[str, Path] = {}
    for path in paths if list(folders) else ():
        if (other := seen.setdefault(path.stem, path)) is not path:
            raise InvalidInputError(f"{other} and {path} would write the same files. Read them in two runs.")
        if folders.searchable and folders.searchable.resolve() == path.parent.resolve():
            raise InvalidInputError(f"The copies would lie among the scans ({path}). Name another --searchable-dir.")
