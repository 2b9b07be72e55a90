"""Log lines: time, level, who, what; to standard error, one event a line."""

import logging
import sys


def set_up(level: str) -> None:
    """Send all log lines to standard error from `level` on; talkative libraries are held to warnings."""
    logging.basicConfig(
        level=level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        force=True,
    )
    # arq writes two lines for every job: the account of every file is in the catalogue
    for name in ("arq", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # it writes a traceback for every call that a server does not answer: we say so once, in a line
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)
