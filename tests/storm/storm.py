"""The storm itself: so many kills of so many kinds, in an order that the seed decides."""

from __future__ import annotations

import math
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.storm.files import SCAN_EVERY, files
from tests.storm.group import SUPERVISOR, StormyArchive
from tests.storm.sending import File, Sender
from tests.storm.verdict import faults

PATIENCE_SECONDS = 1800.0
_PAUSES = 0.15  # the share of blows that stop a process for a while instead of ending it
_LONGEST_PAUSE_SECONDS = 4.0
_SUPERVISOR = 0.04  # the share of blows that end the supervisor and with it all others


@dataclass(frozen=True, slots=True)
class Plan:
    """What a storm is to do.

    `every_seconds` is the mean time between blows, `most_seconds` after how long it ends with fewer kills,
    `copy_every` counts kills (0: never), `copies` is how many are made at most.
    """

    seed: int
    kills: int
    engine: str = "embedded"
    every_seconds: float = 1.2
    most_seconds: float = math.inf
    copy_every: int = 0
    copies: int = 10
    scans: tuple[Path, ...] = ()
    readers: int = 2


@dataclass(slots=True)
class Report:
    """What happened in a storm and what is wrong after it; `files` were acknowledged, `copies` opened and completed."""

    plan: Plan
    kills: Counter[str] = field(default_factory=Counter)
    pauses: Counter[str] = field(default_factory=Counter)
    files: int = 0
    copies: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in a few lines."""
        counts = {"kills": self.kills, "pauses": self.pauses}
        lines = [f"seed {self.plan.seed}, {self.plan.engine}: {self.files} files, {self.seconds:.0f} s"]
        lines += [f"{name} {sum(c.values())}: {_listed(c)}" for name, c in counts.items()]
        lines.append(f"copies of the stopped data directory that opened and completed: {self.copies}")
        return "\n".join([*lines, f"faults: {len(self.faults)}", *self.faults])


def storm(plan: Plan, folder: Path, say: Callable[[str], None] = lambda line: None) -> Report:
    """Run a storm on a new archive in `folder` and look at what it left."""
    report, began = Report(plan), time.monotonic()
    archive = StormyArchive(folder / "data", plan.engine, {"VANBAN_READER_PROCESSES": str(plan.readers)})
    copies: list[tuple[Path, list[File]]] = []
    try:
        archive.start()
        sender = Sender(archive, files(plan.seed, plan.scans), least=SCAN_EVERY * len(plan.scans))
        sender.start()
        _blow(plan, archive, sender, report, copies, say)
        acknowledged = sender.finish()
        report.files = len(acknowledged)
        _settle(archive)
        report.faults += faults(archive, acknowledged)
    finally:
        archive.stop()
    for copy, known in copies:
        report.faults += _of_copy(plan, copy, known)
        report.copies += 1
    report.seconds = time.monotonic() - began
    return report


def _blow(
    plan: Plan,
    archive: StormyArchive,
    sender: Sender,
    report: Report,
    copies: list[tuple[Path, list[File]]],
    say: Callable[[str], None],
) -> None:
    rng, end = random.Random(plan.seed), time.monotonic() + plan.most_seconds
    while report.kills.total() < plan.kills and time.monotonic() < end:
        time.sleep(rng.expovariate(1 / plan.every_seconds))
        before = report.kills.total()
        _one(rng, archive, report)
        now = report.kills.total()
        if now > before and plan.copy_every and now % plan.copy_every == 0 and len(copies) < plan.copies:
            known = list(sender.acknowledged)  # before the copy: what comes meanwhile may be in it or not
            copies.append((archive.copy(archive.data_dir.with_name(f"copy-{now}")), known))
        if now > before and now % 25 == 0:
            say(f"{now} kills, {len(sender.acknowledged)} files")


def _one(rng: random.Random, archive: StormyArchive, report: Report) -> None:
    kinds = archive.kinds()
    if rng.random() < _SUPERVISOR:
        report.kills[SUPERVISOR] += 1
        if left := archive.kill_supervisor():
            report.faults.append(f"{len(left)} processes outlived the supervisor")
        return
    kind = rng.choice(sorted(set(kinds) - {SUPERVISOR}) or [SUPERVISOR])
    pid = rng.choice(sorted(kinds[kind]))
    if rng.random() < _PAUSES:
        report.pauses[kind] += archive.pause(pid, rng.uniform(0.1, _LONGEST_PAUSE_SECONDS))
    else:
        report.kills[kind] += archive.kill(pid)


def _settle(archive: StormyArchive) -> None:
    """Wait until every file is through and searchable."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    quiet = 0
    while quiet < 3:  # the index job of the last document follows its state
        quiet = quiet + 1 if _at_rest(archive) else 0
        if time.monotonic() > deadline:
            return  # the verdict names what still waits
        time.sleep(0.3)


def _at_rest(archive: StormyArchive) -> bool:
    try:
        lines = archive.now().http.get("/metrics").raise_for_status().text.splitlines()
    except httpx.HTTPError:
        return False
    counts = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    waiting = [counts.get(f'vanban_items{{state="{state}"}}', "0") for state in ("received", "reading")]
    return {*waiting, counts["vanban_outbox"]} == {"0"} and counts["vanban_documents"] == counts["vanban_indexed"]


def _of_copy(plan: Plan, folder: Path, known: Sequence[File]) -> list[str]:
    """Open a copy as if the machine had been switched off at that moment, and let it complete."""
    copy = StormyArchive(folder, plan.engine, {"VANBAN_READER_PROCESSES": str(plan.readers)})
    try:
        copy.start()
        _settle(copy)
        return [f"{folder.name}: {fault}" for fault in faults(copy, known)]
    finally:
        copy.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()) if count)
