"""Build the JupyterLab extension and the loader from labextension/, only if something changed.

The Makefile runs it (``python scripts/frontend.py``), and so does the wheel's build, through
hatch-jupyter-builder. A digest of the inputs is beside the built file, because the file times of an
unpacked sdist say nothing. So an sdist needs no Node.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "labextension"
EXTENSION = ROOT / "jupyter_claude" / "labextension"
TARGET = EXTENSION / "static" / "widget.js"
LOADER = ROOT / "jupyter_claude" / "static" / "loader.js"
DIGEST = LOADER.with_name("built.sha256")
NOT_INPUT = {"node_modules", "lib", "dev", "test", "test-results", ".cache"}


def inputs() -> list[Path]:
    return sorted(
        path
        for path in SOURCE.rglob("*")
        if path.is_file() and not NOT_INPUT.intersection(path.relative_to(SOURCE).parts)
    )


def digest(paths: list[Path]) -> str:
    result = hashlib.sha256()
    for path in paths:
        result.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        result.update(path.read_bytes() + b"\0")
    return result.hexdigest()


def install_packages() -> None:
    """Install the npm packages of the lock file, unless they are installed."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("error: the front end is built with npm, which is not on PATH.")
    lock = SOURCE / "package-lock.json"
    stamp = SOURCE / "node_modules" / ".lock.sha256"
    wanted = digest([lock, SOURCE / "package.json"])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("front end: installing npm packages", flush=True)
    subprocess.run(
        [npm, "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=SOURCE, check=True
    )
    stamp.write_text(wanted)


def build() -> None:
    """Build the files if they are out of date."""
    wanted = digest(inputs())
    if TARGET.is_file() and LOADER.is_file() and DIGEST.is_file() and DIGEST.read_text() == wanted:
        return
    install_packages()
    print("front end: building", flush=True)
    npm = shutil.which("npm")
    assert npm is not None  # install_packages() found it
    subprocess.run([npm, "run", "--silent", "build"], cwd=SOURCE, check=True)
    DIGEST.write_text(wanted)


def hatch_build(target_name: str, version: str, **kwargs: object) -> None:
    """Build for hatch-jupyter-builder; `version` is "standard" or "editable"."""
    try:
        build()
    except SystemExit as reason:  # would end an editable install, which can do without the build
        raise RuntimeError(reason.code) from None


if __name__ == "__main__":
    if "--packages" in sys.argv:
        install_packages()
    else:
        build()
