"""The sizes of the downloads: the wheel, the scripts of JupyterLab's pages, and the views."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from jupyter_claude._views.library import views_file
from scripts import setup

from ._figures import Figure


def figures() -> Iterator[Figure]:
    views = views_file()
    scripts = {path for path in views.parent.glob("*.js") if path != views}
    entry = {path for path in scripts if path.name.startswith("remoteEntry.")}
    yield from size("views (widget.js)", {views})
    yield from size("JupyterLab's entry (remoteEntry)", entry)
    yield from size("JupyterLab's plugin (its other scripts)", scripts - entry)
    yield Figure("wheel", setup.build_wheel().stat().st_size / 1000, "kB")


def size(name: str, files: set[Path]) -> Iterator[Figure]:
    contents = [file.read_bytes() for file in files]
    yield Figure(name, sum(map(len, contents)) / 1000, "kB")
    packed = sum(len(gzip.compress(content)) for content in contents)
    yield Figure(f"{name}, gzipped", packed / 1000, "kB")
