"""How fast a long work goes, and how long the rest of it will take at that."""

import time

from services.cli.console import Ticker


class Pace:
    """Feeds a ticker; `unit` is what is counted ("pages")."""

    def __init__(self, shown: Ticker, unit: str) -> None:
        self._shown = shown
        self._unit = unit
        self._began = time.monotonic()
        self._done = 0

    def update(self, done: int, total: int) -> None:
        """Show that `done` of about `total` are through."""
        self._done = done
        left = (total - done) / max(self._rate(), 1e-9)
        self._shown.update(done, f"{self._rate():.2f} {self._unit}/s, about {duration(left)} left", total)

    def summary(self) -> str:
        """Say how many were done and how fast: "40 pages at 0.72 pages/s"."""
        return f"{self._done} {self._unit} at {self._rate():.2f} {self._unit}/s"

    def _rate(self) -> float:
        return self._done / max(time.monotonic() - self._began, 1e-3)


def duration(seconds: float) -> str:
    """Write a time as people say it: 40 s, 12 min, 3 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
