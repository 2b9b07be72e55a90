"""`vanban lexicon`: count a lexicon out of an office's own texts (services/ocr/lexicon/README.md)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import say
from services.core.errors import InvalidInputError
from services.core.lexicon import build, write_tables


def lexicon(
    texts: Annotated[list[Path], typer.Argument(help="Text files in UTF-8.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The lexicon file to write.")],
    names: Annotated[Path | None, typer.Option(help="Names to know and to leave alone, one a line, UTF-8.")] = None,
) -> None:
    """Count a lexicon for repairing what is read; VANBAN_LEXICON_FILE names it to the archive."""
    lines = _read(names).splitlines() if names else []
    tables = build(_texts(texts), lines)
    write_tables(output, tables)
    say(
        f"{output}: {len(tables.syllables)} syllables, {len(tables.pairs)} pairs, {len(tables.triples)} triples, "
        f"{len(lines)} names. Use it: VANBAN_LEXICON_FILE={output}"
    )


def _texts(paths: Sequence[Path]) -> Iterator[str]:
    return (_read(path) for path in paths)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read as text in UTF-8 ({error}).") from error
