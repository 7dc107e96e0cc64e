"""Tell which steps of scripts/setup.py the chosen tests need: a plugin for pytest's collection.

``pytest --collect-only -p scripts.needs …`` with JUPYTER_CLAUDE_NEEDS=FILE writes their names into
the file, one a line. What every test needs (`venv`, `frontend`) is not among them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: What a test needs by its marks and fixtures.
NAMES = {
    "cli": ["cli"],
    "browser": ["cli", "chromium", "kernels"],
    "claude_kernel": ["kernels"],
    "python": ["wheel"],
    "wheel": ["wheel"],
}
#: What all tests of a folder or file need.
FILES = {
    "tests/kernels/": ["kernels"],
    "tests/sdk/test_mcp_cli.py": ["mcps"],
}


def needs(item: pytest.Item) -> set[str]:
    """Return the steps that one test needs."""
    names = {mark.name for mark in item.iter_markers()} | set(getattr(item, "fixturenames", ()))
    by_name = [NAMES[name] for name in names & NAMES.keys()]
    by_file = [more for start, more in FILES.items() if item.nodeid.startswith(start)]
    return {step for steps in by_name + by_file for step in steps}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write down what the chosen tests need."""
    steps = {step for item in session.items for step in needs(item)}
    Path(os.environ["JUPYTER_CLAUDE_NEEDS"]).write_text("\n".join(sorted(steps)), encoding="utf-8")
