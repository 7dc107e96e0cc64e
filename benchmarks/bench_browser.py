"""The cost of a long answer in a real JupyterLab: bytes on the WebSocket, and seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.lab import Notebook
from tests.browser.script import SCRIPT

from ._figures import Figure
from ._lab import lab


def figures() -> Iterator[Figure]:
    with lab(SCRIPT) as (server, browser):
        notebook = Notebook(server, browser.new_page(), server.root / "bench" / "test.ipynb")
        notebook.write(["%load_ext jupyter_claude", "%%claude\nhello", "%%claude\nmany deltas"])
        notebook.open()
        for index in (0, 1):
            notebook.run(index)
            notebook.done(index)
        received, frames, started = notebook.received, notebook.frames, time.perf_counter()
        notebook.run(2)
        notebook.done(2)
        expect(notebook.turn(2)).to_contain_text("word4999")
        seconds = time.perf_counter() - started
        total = (notebook.received - received) / 1000
        yield Figure("JupyterLab: 5,000 deltas of 9 characters, whole turn", seconds, "s")
        yield Figure("JupyterLab: bytes received on the WebSocket", total, "kB", 1500)
        yield Figure("JupyterLab: messages received", notebook.frames - frames, "")
        server.end_kernels()
