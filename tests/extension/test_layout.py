"""The folders of the extension: data flows one way, CLI → SDK → session → turn → views."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jupyter_claude

pytestmark = pytest.mark.pure

PACKAGE = Path(jupyter_claude.__file__).parent
#: Each imports only from those before it, as CONTRIBUTING.md says.
ORDER = [
    *("_text", "_tables", "_errors", "_paths", "_settings"),
    *("_kernel", "_turns", "_approvals", "_cost", "_conversations", "_rewind", "_practice"),
    *("_session", "_views", "_ipython", "_command", "__init__", "__main__"),
]


def imported(path: Path) -> set[str]:
    """Return the rooms whose code is run when a module is imported."""
    here = path.relative_to(PACKAGE).parts
    found = set()
    for node in ast.parse(path.read_text()).body:  # not what functions import, nor for types
        if isinstance(node, ast.ImportFrom) and node.level:
            inside = [*here[: len(here) - node.level], *(node.module or "").split(".")]
            found.update([inside[0]] if inside[0] else [alias.name for alias in node.names])
    return found


def test_imports_go_one_way() -> None:
    """Else `%load_ext` brings all there is, and a change in a view breaks the session."""
    seen = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for other in imported(path) - {room}:
            seen += 1
            assert ORDER.index(other) < ORDER.index(room), f"{path.name} imports {other}"
    assert seen > 50
