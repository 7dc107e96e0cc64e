"""The machine's Chromium, without anything that it would do of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


@contextmanager
def launch(playwright: Playwright) -> Iterator[Browser]:
    """Start it; it ends with the block."""
    found = [os.environ.get("JUPYTER_CLAUDE_CHROMIUM"), *map(shutil.which, NAMES)]
    program = next(filter(None, found), None)
    assert program, "no Chromium: run `apt-get install chromium`"
    browser = playwright.chromium.launch(
        executable_path=program,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    )
    try:
        yield browser
    finally:
        browser.close()
