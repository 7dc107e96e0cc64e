"""Fixtures of all folders that use a browser. Each folder has its own model and server."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from nbformat import NotebookNode
from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser.chromium import launch_with_cache
from tests.browser.kept import SIZE, KeptPage
from tests.browser.lab import FrontEnd, Notebook, Server
from tests.kernels.harness import VERSIONS

__all__ = ["context", "kept_pages", "open_notebook", "serve"]


@contextmanager
def serve(
    cli: Path,
    model: ScriptedModel,
    folder: Path,
    python: Path = Path(sys.executable),
    base_url: str = "/",
) -> Iterator[Server]:
    """Start a server. Its kernels use the real CLI with this model."""
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
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Start one browser for all tests of the folder. They share its cache and its sign-in."""
    folder = tmp_path_factory.mktemp("chromium")
    with (
        sync_playwright() as playwright,
        launch_with_cache(playwright, folder, viewport=SIZE) as context,
    ):
        yield context


Open = Callable[..., Notebook]


KeptPages = dict[FrontEnd, KeptPage]


@pytest.fixture(scope="package")
def kept_pages(context: BrowserContext) -> Iterator[KeptPages]:
    """Keep the pages of JupyterLab that tests of the folder use one after the other."""
    pages: KeptPages = {}
    yield pages
    for kept in pages.values():
        kept.page.close()


@pytest.fixture
def open_notebook(
    server: Server,
    context: BrowserContext,
    kept_pages: KeptPages | None,
    request: pytest.FixtureRequest,
) -> Iterator[Open]:
    r"""Open notebooks, each in its own folder. Their kernels end with the test.

    ``open_notebook(["%%claude\n…", …], version="7.4.0", front_end="lab")`` adds a first cell that
    loads the extension, and waits until this cell has run. With ``load=False`` it does not. The
    first notebook in JupyterLab uses the kept page, and each other one a new page. The next test
    gets the kept page if this test passes and leaves the page as it was.
    """
    opened: list[tuple[Notebook, KeptPage | None]] = []
    failed = request.session.testsfailed
    # Tests in other files may have the same name.
    name = re.sub(r"\W+", "-", f"{request.path.stem}-{request.node.name}").strip("-")

    def kept_page(front_end: FrontEnd) -> KeptPage | None:
        used = any(kept and notebook.front_end == front_end for notebook, kept in opened)
        if kept_pages is None or front_end == "notebook" or used:
            return None
        return kept_pages.pop(front_end, None) or KeptPage(server, context, front_end)

    def open_one(
        cells: list[str | NotebookNode],
        version: str = VERSIONS[-1],
        front_end: FrontEnd = "lab",
        load: bool = True,
    ) -> Notebook:
        path = server.root / f"{name}-{len(opened)}" / "test.ipynb"
        kept = kept_page(front_end)
        notebook = Notebook(server, kept.page if kept else context.new_page(), path, front_end)
        opened.append((notebook, kept))
        first = ["%load_ext jupyter_claude\nfrom jupyter_claude import claude"] if load else []
        notebook.write([*first, *cells], version)
        if kept:
            kept.open(path)
            notebook.wait_until_ready()
        else:
            notebook.open()
        if load:
            notebook.run(0)
            with notebook.waking_kernel() if version == "7.3.0" else nullcontext():
                notebook.done(0)
        return notebook

    yield open_one
    shots = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    passed = request.session.testsfailed == failed
    for number, (notebook, kept) in enumerate(opened):
        if shots:
            notebook.page.screenshot(path=f"{shots}/{name}-{number}.png")
        notebook.leave()
        if kept and kept_pages is not None and passed and kept.can_be_used_again():
            kept_pages[notebook.front_end] = kept
        else:
            notebook.page.close()
    server.end_kernels()
