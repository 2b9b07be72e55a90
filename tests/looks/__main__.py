"""`python -m tests.looks [WORD...]`: look at every page whose name holds one of the words (all without).

A sample archive is read and filled (kept read in var/looks, so that the next run starts at once), each page opened in
Chromium at three widths, light and dark; pictures go to var/looks/pictures, what axe finds to the screen. Exit code 1
where anything was found.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from playwright.sync_api import sync_playwright

from tests.looks import HEIGHTS, SCHEMES, look, visit
from tests.running import ROOT, read_sample, running_archive

FOLDER = ROOT / "var" / "looks"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.looks", description=__doc__)
    parser.add_argument("words", nargs="*", help="parts of the names of pages")
    parser.add_argument("--width", type=int, nargs="+", choices=HEIGHTS, default=[*HEIGHTS])
    parser.add_argument("--scheme", nargs="+", choices=SCHEMES, default=[*SCHEMES])
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    chosen = parser.parse_args(arguments)
    sample, data, pictures = FOLDER / "sample", FOLDER / "data", FOLDER / "pictures"
    shutil.rmtree(data, ignore_errors=True)
    if not sample.exists():
        read_sample(data)
        data.rename(sample)
    shutil.copytree(sample, data)
    pictures.mkdir(parents=True, exist_ok=True)
    found = 0
    with running_archive(data) as archive, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_context(locale=chosen.lang).new_page()
        for state in visit(page, archive):
            if not chosen.words or any(word in state.name for word in chosen.words):
                for line in look(page, chosen.width, chosen.scheme, pictures / state.name):
                    found += 1
                    print(f"{state.name} {line}", flush=True)
        browser.close()
    print(f"{found} found; pictures in {pictures}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
