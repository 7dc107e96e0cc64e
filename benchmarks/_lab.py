"""JupyterLab in Chromium, with a scripted model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Browser, sync_playwright

from jupyter_claude._paths import find_cli
from tests.browser.chromium import launch
from tests.browser.lab import Server


@contextmanager
def lab(script: list[dict[str, Any]]) -> Iterator[tuple[Server, Browser]]:
    """Start a server and a browser, and end them after the block."""
    with (
        tempfile.TemporaryDirectory() as home,
        ScriptedModel(script) as model,
        sync_playwright() as playwright,
    ):
        environment = {
            **model.env,
            "JUPYTER_CLAUDE_CLI": str(find_cli()),
            "CLAUDE_CONFIG_DIR": f"{home}/claude-config",
        }
        with Server(Path(home), environment) as server, launch(playwright) as browser:
            yield server, browser
