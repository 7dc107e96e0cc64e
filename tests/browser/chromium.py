"""The machine's Chromium, without anything that it would do of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

#: The first has no windows. The others keep one for each page, which takes a third of the work.
NAMES = [
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
]


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def program() -> str:
    """Return the Chromium that the tests use."""
    found = [os.environ.get("JUPYTER_CLAUDE_CHROMIUM"), *map(shutil.which, NAMES)]
    chosen = next(filter(None, found), None)
    assert chosen, "no Chromium: run `apt-get install chromium`"
    return chosen


@contextmanager
def launch(playwright: Playwright) -> Iterator[Browser]:
    """Start it; it ends with the block."""
    browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def launch_with_cache(
    playwright: Playwright, folder: Path, **settings: Any
) -> Iterator[BrowserContext]:
    """Start one that keeps scripts in `folder`, compiled: a page then takes a third less work."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=program(), args=FLAGS, **settings
    )
    try:
        yield context
    finally:
        context.close()
