"""JupyterLab with the built wheel in it, as users have it: nothing is taken from the working tree.

It is served below a path, as a JupyterHub does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import BrowserContext, Request

from scripts import setup
from tests.browser.fixtures import browser, context, open_notebook, serve
from tests.browser.lab import Server
from tests.labextension.script import SCRIPT

__all__ = ["browser", "context", "open_notebook"]


@pytest.fixture(scope="package")
def python() -> Path:
    """Return the interpreter of the environment with the wheel, built of what is here now."""
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
def nothing_from_elsewhere(context: BrowserContext, server: Server) -> Iterator[None]:
    """Fail a test whose pages ask for anything but what stands below the server's path."""
    foreign: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:", "about:")):
            foreign.append(request.url)

    context.on("request", note)
    yield
    context.remove_listener("request", note)
    assert not foreign
