"""Finds the built views: they are in the JupyterLab extension, which the wheel installs as data.

The file is there once. The server gives it to pages without a kernel. Kernels give it to every
other front end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from .._turns.errors import ClaudeError

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = Path("share", "jupyter", "labextensions", "jupyter-claude")
_VIEWS = Path("static", "widget.js")


def _candidates() -> Iterator[Path]:
    yield _PACKAGE / "labextension"  # a source checkout
    try:
        files = metadata.files("jupyter-claude") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.parts[-5:-1] == (*_INSTALLED.parts[1:], "static") and file.name == _VIEWS.name:
            yield Path(str(file.locate())).resolve().parent.parent
    yield _PACKAGE.parent / _INSTALLED  # pip install --target moves data without recording it


def views_file() -> Path:
    """Return the file with the code of all views.

    Raises
    ------
    ClaudeError
        If it was not built or not installed.
    """
    for folder in _candidates():
        if (folder / _VIEWS).is_file():
            return folder / _VIEWS
    raise ClaudeError(
        "The code of the views is missing; install jupyter-claude again, or run `make` in a "
        "source checkout"
    )


@cache
def views() -> tuple[str, str]:
    """Return the code of all views, and its digest. By the digest a page knows if it has it."""
    text = views_file().read_text("utf-8")
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]
