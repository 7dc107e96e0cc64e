"""Fixtures of this folder: a JupyterLab server, a browser and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from tests.browser.fixtures import context, kept_pages, open_notebook, serve
from tests.browser.lab import Server
from tests.browser.script import SCRIPT

__all__ = ["context", "kept_pages", "open_notebook"]


@pytest.fixture(scope="package")
def model() -> Iterator[ScriptedModel]:
    """Serve the script of this folder to all notebooks."""
    with ScriptedModel(SCRIPT) as model:
        yield model


@pytest.fixture(scope="package")
def server(
    cli: Path, model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Start one server for all tests of this folder."""
    with serve(cli, model, tmp_path_factory.mktemp("jupyter")) as server:
        yield server
