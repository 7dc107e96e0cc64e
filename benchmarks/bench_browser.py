"""What a long answer costs a real JupyterLab in Chromium: bytes on its WebSocket, and seconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import expect, sync_playwright

from jupyter_claude._paths import find_cli
from tests.browser.chromium import launch
from tests.browser.lab import Notebook, Server
from tests.browser.script import SCRIPT

from ._figures import Figure


def figures() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as home,
        ScriptedModel(SCRIPT) as model,
        sync_playwright() as playwright,
    ):
        environment = {
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(find_cli()),
            "CLAUDE_CONFIG_DIR": f"{home}/claude-config",
        }
        with Server(Path(home), environment) as server, launch(playwright) as browser:
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
