"""Runs the tools of others that judge archives. uv fetches them; `.venv` does not need them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from scripts.setup import VENV_PYTHON, registry

TWINE = "twine==7.0.0"
CONTENTS = "check-wheel-contents==0.6.3"
CONDA = "py-rattler-build==0.73.0"
#: Indexes a folder as a channel of conda.
CHANNEL = "py-rattler==0.28.0"


def twine(archives: Sequence[Path]) -> list[str]:
    """Return what `twine check --strict` finds: metadata and README that PyPI would refuse."""
    return run([TWINE], "twine", "check", "--strict", *map(str, archives))


def check_wheel_contents(wheel: Path) -> list[str]:
    """Return what check-wheel-contents finds: leftovers, duplicates, modules in wrong places."""
    # W007 empty modules are meant; W009: the two packages are meant.
    options = ["--ignore", "W007,W009", "--toplevel", "jupyter_claude,jupyter_claude_sdk"]
    return run([CONTENTS], "check-wheel-contents", *options, str(wheel))


def run(packages: Sequence[str], *command: str) -> list[str]:
    """Run a command with some packages of PyPI; return its output if it failed."""
    uv = [str(VENV_PYTHON), "-m", "uv", "run", "--quiet", "--no-project"]
    for each in packages:
        uv += ["--with", each]
    done = subprocess.run(
        [*uv, *command],
        env={**os.environ, **registry(), "NO_COLOR": "1", "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        return []
    # The address of a registry may hold a password.
    said = re.sub(r"//[^/\s@]+@", "//", done.stdout)
    return [line for line in said.splitlines() if line.strip()]
