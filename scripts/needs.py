"""Find the steps of scripts/setup.py that the chosen tests need. It is a plugin for pytest.

``pytest --collect-only -p scripts.needs …`` with JUPYTER_CLAUDE_NEEDS=FILE writes their names to
the file, one per line. It leaves out the steps that every test needs (`venv`, `frontend`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: The steps that a test needs, by its marks and fixtures.
NAMES = {
    "cli": ["cli"],
    "browser": ["cli", "chromium", "kernels"],
    "claude_kernel": ["kernels"],
    "python": ["wheel"],
    "wheel": ["wheel"],
}
#: The steps that all tests of a folder or file need.
FILES = {
    "tests/hub/": ["hub"],
    "tests/kernels/": ["kernels"],
    "tests/consoles/": ["cli"],
    "tests/sdk/test_mcp_cli.py": ["mcps"],
    "tests/extension/test_replayed_notebook.py": ["texts"],
    "tests/browser/test_other_front_ends.py": ["wheel"],
    "tests/browser/test_vs_code.py": ["packages", "vs_code"],
}


def needs(item: pytest.Item) -> set[str]:
    """Return the steps that one test needs."""
    names = {mark.name for mark in item.iter_markers()} | set(getattr(item, "fixturenames", ()))
    by_name = [NAMES[name] for name in names & NAMES.keys()]
    by_file = [more for start, more in FILES.items() if item.nodeid.startswith(start)]
    return {step for steps in by_name + by_file for step in steps}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the steps that the chosen tests need to the file."""
    steps = {step for item in session.items for step in needs(item)}
    Path(os.environ["JUPYTER_CLAUDE_NEEDS"]).write_text("\n".join(sorted(steps)), encoding="utf-8")
