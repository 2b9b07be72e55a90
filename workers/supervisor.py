"""`vanban up`: everything on this machine, as one group of processes (tech.md section 8)."""

from typing import Literal

from services.core.settings import Settings

Engine = Literal["embedded", "opensearch"]


def up(settings: Settings, *, engine: Engine | None = None, sample: bool = False) -> int:
    """Run Redis, the engine, the workers and the web server in the foreground until SIGINT or SIGTERM.

    `engine` None keeps the engine of the data directory. `sample` loads the sample archive once, into an empty data
    directory. Returns the exit code: 0 after an ordered stop. Raises ConflictError when another group runs on the
    data directory or the port is in use, MissingProgramError naming what is not installed.
    """
    raise NotImplementedError
