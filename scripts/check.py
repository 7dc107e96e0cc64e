"""Check format, lint and strict types of Python and TypeScript, and the words, at the same time.

Usage: .venv/bin/python -m scripts.check

Each check's output appears when it has ended. The exit status is 0 if all checks passed.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

from scripts.commands import report, run
from scripts.setup import VENV_PYTHON

PACKAGES = ["jupyter_claude", "sdk/jupyter_claude_sdk", "scripts", "tests", "benchmarks"]


def of_python() -> dict[str, list[str]]:
    """Return the command of each check of Python, the shortest first."""
    programs = VENV_PYTHON.parent
    return {
        "Python format": [str(programs / "ruff"), "format", "--check", "--quiet", "."],
        "Python lint": [str(programs / "ruff"), "check", "--quiet", "."],
        "Python types (mypy)": [str(programs / "mypy"), *PACKAGES],
        "Python types (pyright)": [str(programs / "pyright"), "--level", "error"],
    }


def of_front_end() -> dict[str, list[str]]:
    """Return the command of each check of TypeScript."""
    return {
        "TypeScript format, lint and types": [
            *(shutil.which("npm") or "npm", "run", "--silent"),
            *("--prefix", "labextension", "check"),
        ],
        "Messages between kernel and page": [
            *(str(VENV_PYTHON), "-m", "scripts.messages", "--check"),
        ],
    }


def of_words() -> dict[str, list[str]]:
    """Return the command of each check of the documentation's words: some seconds in all."""
    return {
        "Spelling": [str(VENV_PYTHON.parent / "codespell")],  # pyproject.toml says of what
        "Style of the pages": [str(VENV_PYTHON), "-m", "scripts.prose"],
        "Links to files": [str(VENV_PYTHON), "-m", "scripts.links"],
    }


def main() -> int:
    """Run the checks, one on each core."""
    checks = {**of_front_end(), **of_python(), **of_words()}  # the longest begins first
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        started = [pool.submit(run, name, *command, quiet=True) for name, command in checks.items()]
        return report([each.result() for each in started])


if __name__ == "__main__":
    sys.exit(main())
