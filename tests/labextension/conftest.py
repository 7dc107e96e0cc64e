"""Fixtures of this folder: JupyterLab with the built wheel, as users have it.

Nothing comes from the working tree. The server is below a path, as in a JupyterHub.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

from scripts import setup
from tests.browser.fixtures import context, kept_pages, open_notebook, serve
from tests.browser.lab import Server
from tests.labextension.script import SCRIPT

__all__ = ["context", "kept_pages", "open_notebook"]

OURS = re.compile("jupyter[-_]claude", re.IGNORECASE)


@pytest.fixture(scope="package")
def python() -> Path:
    """Return the interpreter of the environment with the wheel of this working tree."""
    return setup.wheel()


@pytest.fixture(scope="package")
def model() -> Iterator[ScriptedModel]:
    """Serve the script of this folder to all notebooks."""
    with ScriptedModel(SCRIPT) as model:
        yield model


@pytest.fixture(scope="package")
def server(
    cli: Path, model: ScriptedModel, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Start one server for all tests of this folder."""
    folder = tmp_path_factory.mktemp("jupyter")
    with serve(cli, model, folder, python, base_url="/user/ann/") as server:
        yield server


@pytest.fixture(autouse=True)
def good_manners(context: BrowserContext, server: Server) -> Iterator[None]:
    """Fail a test if a page requests a URL outside the server's path, or logs our errors."""
    wrong: list[str] = []

    def see_request(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:", "about:")):
            wrong.append(f"asked for {request.url}")

    def see_console(message: ConsoleMessage) -> None:
        said = f"{message.text} {message.location['url']}"
        if message.type == "error" and OURS.search(said):
            wrong.append(f"console: {said}")

    def see_error(error: WebError) -> None:
        said = error.error.stack or str(error.error)
        if OURS.search(said):
            wrong.append(f"not caught: {said}")

    context.on("request", see_request)
    context.on("console", see_console)
    context.on("weberror", see_error)
    yield
    context.remove_listener("request", see_request)
    context.remove_listener("console", see_console)
    context.remove_listener("weberror", see_error)
    assert not wrong
