"""Check format, lint and strict types, Python and TypeScript, side by side.

Usage: .venv/bin/python -m scripts.check

Each check shows what it says when it has ended. The exit status is 0 when everything passed.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

from scripts.run_tests import run
from scripts.setup import VENV_PYTHON

PACKAGES = ["jupyter_claude", "sdk/jupyter_claude_sdk", "scripts", "tests", "benchmarks"]


def checks() -> dict[str, list[str]]:
    """Return each check's command; the longest begin first."""
    programs = VENV_PYTHON.parent
    return {
        "TypeScript format, lint and types": [
            *(shutil.which("npm") or "npm", "run", "--silent"),
            *("--prefix", "labextension", "check"),
        ],
        "Python types (mypy)": [str(programs / "mypy"), *PACKAGES],
        "Python types (pyright)": [str(programs / "pyright"), "--level", "error"],
        "Python format": [str(programs / "ruff"), "format", "--check", "--quiet", "."],
        "Python lint": [str(programs / "ruff"), "check", "--quiet", "."],
    }


def main() -> int:
    """Run them, one on each core."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        started = [
            pool.submit(run, *(name, *command), quiet=True) for name, command in checks().items()
        ]
        results = [each.result() for each in started]
    print()
    for each in results:
        print(each.line)
    return 0 if all(each.passed for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
