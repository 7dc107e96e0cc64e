"""The fixtures of every folder whose tests use a browser; each has its own model and server."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.chromium import launch
from tests.browser.lab import FrontEnd, Notebook, Server
from tests.kernels.harness import VERSIONS

__all__ = ["browser", "context", "open_notebook", "serve"]


@contextmanager
def serve(
    cli: Path,
    model: ScriptedModel,
    folder: Path,
    python: Path = Path(sys.executable),
    base_url: str = "/",
) -> Iterator[Server]:
    """Start a server whose kernels have the real CLI with this model."""
    environment = {
        **model.env,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "CLAUDE_CONFIG_DIR": str(folder / "claude-config"),
        "HOME": str(folder),
    }
    with Server(folder, environment, python, base_url) as server:
        server.set("@jupyterlab/apputils-extension:notification", {"fetchNews": "false"})
        yield server


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests of the folder."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Keep one cache and one sign-in for all pages."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield context
    context.close()


Open = Callable[..., Notebook]


@pytest.fixture
def open_notebook(
    server: Server, context: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Open]:
    r"""Open notebooks, each in a page and a folder of its own; their kernels end with the test.

    ``open_notebook(["%%claude\n…", …], version="7.4.0", front_end="lab")``: a first cell that
    loads the extension is added, and has run when the notebook is returned; not so with
    ``load=False``.
    """
    opened: list[Notebook] = []
    name = re.sub(r"\W+", "-", request.node.name).strip("-")

    def open_one(
        cells: list[str],
        version: str = VERSIONS[-1],
        front_end: FrontEnd = "lab",
        load: bool = True,
    ) -> Notebook:
        path = server.root / f"{name}-{len(opened)}" / "test.ipynb"
        notebook = Notebook(server, context.new_page(), path, front_end)
        opened.append(notebook)
        first = ["%load_ext jupyter_claude\nfrom jupyter_claude import claude"] if load else []
        notebook.write([*first, *cells], version)
        notebook.open()
        if load:
            notebook.run(0)
            notebook.done(0)
        return notebook

    yield open_one
    shots = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    for number, notebook in enumerate(opened):
        if shots:
            notebook.page.screenshot(path=f"{shots}/{name}-{number}.png")
        notebook.page.close()
    server.end_kernels()
