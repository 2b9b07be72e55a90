"""Loaded by every Python that starts with this folder on its path: puts the chaos points into workers and web."""

import os
import sys
from pathlib import Path

_folder = os.environ.get("VANBAN_CHAOS")
if _folder and any(part in {"workers.run", "uvicorn"} for part in sys.orig_argv):
    from tests.integration.chaos_points import install

    install(Path(_folder))
