"""`vanban`: the same services from a terminal (design.md section 8)."""

from services.cli.exits import EXIT_CODES, exit_code
from services.cli.main import build_app, execute, main

__all__ = ["EXIT_CODES", "build_app", "execute", "exit_code", "main"]
