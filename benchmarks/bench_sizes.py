"""How much a user downloads: the wheel, and the widget that the browser loads."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_claude._views.library import views_file

from ._figures import Figure

ROOT = Path(__file__).resolve().parent.parent


def figures() -> Iterator[Figure]:
    widget = views_file().read_bytes()
    yield Figure("widget.js", len(widget) / 1000, "kB")
    yield Figure("widget.js, gzipped", len(gzip.compress(widget)) / 1000, "kB")
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder]
        subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        yield Figure("wheel", wheel.stat().st_size / 1000, "kB")
