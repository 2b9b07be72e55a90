"""A careful client: it sends file after file, each again until the server says that it has it."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from tests.storm.group import StormyArchive

_BACKLOG = 12  # so many files are on their way: enough to keep everybody at work, few enough to end soon
_PATIENCE_SECONDS = 1800.0
_AWAY = (httpx.HTTPError, RuntimeError)  # RuntimeError: the client of a group that is gone was closed under us
_OPEN = re.compile(r'vanban_items\{state="(?:received|reading)"\} (\d+)')


@dataclass(frozen=True, slots=True)
class File:
    """A file to send; `token` is a word that stands in no other one, where it can be read without recognition."""

    name: str
    data: bytes = field(repr=False)
    token: str | None = None

    @property
    def sha256(self) -> str:
        """The hash of the content."""
        return hashlib.sha256(self.data).hexdigest()


class Sender(threading.Thread):
    """Sends files one after the other while the storm lasts; `acknowledged` are those that the server took."""

    def __init__(self, archive: StormyArchive, files: Iterator[File], least: int = 0) -> None:
        super().__init__(name="sender", daemon=True)
        self.acknowledged: list[File] = []
        self._least = least
        self.failure: BaseException | None = None
        self._archive, self._files = archive, files
        self._end = threading.Event()

    def run(self) -> None:
        """Send until told to end, or until there are no more files."""
        try:
            for number, file in enumerate(self._files):
                self._wait_for_room()
                if self._end.is_set() and number >= self._least:
                    return
                self._send(file, resumable=number % 2 == 0)
                self.acknowledged.append(file)
        except BaseException as error:  # noqa: BLE001 - told by `finish` in the thread of the storm
            self.failure = error

    def finish(self) -> list[File]:
        """End after the file at hand, but not before `least` files, and return what was acknowledged."""
        self._end.set()
        self.join(_PATIENCE_SECONDS)
        if self.failure is not None or self.is_alive():
            raise RuntimeError("the sender did not come through") from self.failure
        return self.acknowledged

    def _wait_for_room(self) -> None:
        while not self._end.is_set():  # afterwards nothing is killed, and all that is left may wait at the server
            try:
                metrics = self._archive.now().http.get("/metrics").raise_for_status().text
                if sum(map(int, _OPEN.findall(metrics))) < _BACKLOG:
                    return
            except _AWAY:
                pass
            time.sleep(0.2)

    def _send(self, file: File, *, resumable: bool) -> None:
        batch: str | None = None
        while True:
            try:
                up = self._archive.now()
                if not resumable:
                    up.upload((file.name, file.data), label="storm")
                    return
                batch = batch or str(up.post("/batches")["id"])
                self._put(up.http, batch, file)
            except _AWAY:
                time.sleep(0.2)  # again, as long as it takes
            else:
                return

    def _put(self, client: httpx.Client, batch: str, file: File) -> None:
        path = f"/api/v1/batches/{batch}/files/{file.sha256}"
        client.put(path, params={"name": file.name}, content=file.data).raise_for_status()
