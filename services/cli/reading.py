"""`vanban read`: read scans without an archive, into text files and one JSON line a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer

from services.cli.console import printable, say, ticker
from services.cli.exits import DONE, FILES_FAILED
from services.cli.files import check_paths, walk
from services.cli.options import settings_of
from services.cli.session import run
from services.core.errors import InvalidInputError
from services.core.messages import say as sentence
from services.core.model import JSON, PageText, Reason
from services.core.settings import Settings
from services.fields import Hints, Taxonomy, cited_pages, extract, flat_line
from services.ocr import FileRead, compose, plain_text, read_files


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go; None is nowhere."""

    text_dir: Path | None
    fields: TextIO | None
    taxonomy: Taxonomy


def read(
    files: Annotated[list[Path], typer.Argument(help="Files and folders: PDF, TIFF, JPEG, PNG.")],
    text_dir: Annotated[Path | None, typer.Option(help="Folder for STEM_pNN.txt, one for each page.")] = None,
    fields: Annotated[Path | None, typer.Option(help="File for one JSON line of fields per file.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Pages read at a time [default: the cores].")] = None,
) -> None:
    """Read scans without an archive: nothing is kept between two runs."""
    if text_dir is None and fields is None:
        raise InvalidInputError("Say where the results go: --text-dir DIR, --fields FILE.jsonl, or both.")
    check_paths(files)
    paths = list(walk(files))
    if text_dir is not None:
        _check_stems(paths)
    settings = settings_of(None)
    if text_dir is not None:
        text_dir.mkdir(parents=True, exist_ok=True)
    if fields is None:
        raise typer.Exit(
            run(_read(settings, paths, jobs, Outputs(text_dir, None, Taxonomy.load(settings.taxonomy_file))))
        )
    with fields.open("w", encoding="utf-8") as lines:
        raise typer.Exit(
            run(_read(settings, paths, jobs, Outputs(text_dir, lines, Taxonomy.load(settings.taxonomy_file))))
        )


async def _read(settings: Settings, paths: Sequence[Path], jobs: int | None, outputs: Outputs) -> int:
    failed = 0
    with ticker("Reading", len(paths)) as shown:
        done = 0
        async for result in read_files(settings, paths, jobs):
            done += 1
            shown.update(done, result.path.name)
            write_result(result, outputs)
            for where, reason in problems(result):
                failed += 1
                say(f"{printable(result.path.name)}{where}: {printable(sentence(reason, settings.locale))}")
    say(f"{len(paths)} files, {failed} problems.")
    return FILES_FAILED if failed else DONE


def problems(result: FileRead) -> list[tuple[str, Reason]]:
    """Return what could not be read: the file (an empty place) or pages of it."""
    if result.reason is not None:
        return [("", result.reason)]
    return [(f", page {n}", page) for n, page in enumerate(result.pages, 1) if isinstance(page, Reason)]


def write_result(result: FileRead, outputs: Outputs) -> None:
    """Write the text of each page and the line of fields; a page that failed has an empty text."""
    if outputs.text_dir is not None:
        for number, page in enumerate(result.pages, 1):
            text = plain_text(page) if isinstance(page, PageText) else ""
            (outputs.text_dir / f"{result.path.stem}_p{number:02}.txt").write_text(text, encoding="utf-8")
    if outputs.fields is not None:
        outputs.fields.write(json.dumps(fields_of(result, outputs.taxonomy), ensure_ascii=False) + "\n")
        outputs.fields.flush()


def fields_of(result: FileRead, taxonomy: Taxonomy) -> Mapping[str, JSON]:
    """Return the flat line of one file (design.md section 8)."""
    texts = result.page_texts()
    clean = compose(texts)
    extraction = extract(texts, clean, Hints(file_name=result.path.name), taxonomy)
    return flat_line(result.path.name, len(result.pages), [extraction], [cited_pages(extraction.record, clean)])


def _check_stems(paths: Sequence[Path]) -> None:
    """Refuse two files whose texts would overwrite each other."""
    seen: dict[str, Path] = {}
    for path in paths:
        if (other := seen.setdefault(path.stem, path)) is not path:
            raise InvalidInputError(f"{other} and {path} would write the same text files. Read them in two runs.")
