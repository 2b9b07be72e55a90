"""`vanban up`: everything on this machine, in the foreground."""

from typing import Annotated, Literal, cast

import typer

from services.cli.options import DataDir, settings_of
from services.core.errors import InvalidInputError
from workers.supervisor import up as run_all


def up(
    engine: Annotated[
        str | None, typer.Option(help="embedded or opensearch [default: what the data directory has, else embedded].")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Load the sample scans, once, into an empty archive.")
    ] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="[env VANBAN_PORT; default 8000]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [env VANBAN_HOST; default 127.0.0.1].")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the archive: Redis, the search engine, the workers and the web server. Ctrl-C stops all of them."""
    if engine not in (None, "embedded", "opensearch"):
        raise InvalidInputError(f"--engine is embedded or opensearch, not {engine!r}.")
    settings = settings_of(data_dir, port=port, host=host)
    raise typer.Exit(run_all(settings, engine=cast(Literal["embedded", "opensearch"] | None, engine), sample=sample))
