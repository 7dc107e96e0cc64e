"""The wheel: what `pip install jupyter-claude` brings."""

from __future__ import annotations

import ast
import re
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import setup

#: Import names that are not their distribution's.
DISTRIBUTIONS = {"typing_extensions": "typing-extensions", "markdown_it": "markdown-it-py"}
#: Imported only by what says that it is missing, such as the demo, or only under trio.
OPTIONAL = {"nbformat", "jupyter_client", "jupyter_core", "pandas", "trio"}

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = "jupyter_claude-0.1.0.data/data/share/jupyter/labextensions/jupyter-claude"


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Build the wheel as a release would, and return what is in it."""
    return set(zipfile.ZipFile(setup.build_wheel()).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "jupyter_claude/static/loader.js",
        f"{EXTENSION}/package.json",
        f"{EXTENSION}/install.json",
        f"{EXTENSION}/static/widget.js",
        f"{EXTENSION}/static/widget.js.map",
        f"{EXTENSION}/static/widget.licenses.txt",
        "jupyter_claude/notebooks/quickstart.ipynb",
        "jupyter_claude/py.typed",
        "jupyter_claude_sdk/py.typed",
        "jupyter_claude_sdk/testing/__init__.py",
    ],
)
def test_the_wheel_holds(names: set[str], name: str) -> None:
    """Otherwise users need Node, lack the tour, or lose the types."""
    assert name in names


def test_the_wheel_holds_no_more(names: set[str]) -> None:
    """Otherwise tests and tools land in every user's site-packages."""
    folders = {name.split("/")[0] for name in names}
    assert {name for name in folders if not name.endswith((".dist-info", ".data"))} == {
        "jupyter_claude",
        "jupyter_claude_sdk",
    }
    assert not [name for name in names if "sha256" in name or "ipynb_checkpoint" in name]


def test_what_is_imported_is_declared() -> None:
    """Otherwise `pip install jupyter-claude` into a new environment fails on the first import."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("\ndependencies = [")[1].split("\n]")[0]
    declared = set(re.findall(r'^  "([\w-]+)', block, re.MULTILINE))
    imported = set()
    for package in (ROOT / "jupyter_claude", ROOT / "sdk" / "jupyter_claude_sdk"):
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    imported.add(node.module.split(".")[0])
    ours = {"jupyter_claude", "jupyter_claude_sdk"}
    others = imported - set(sys.stdlib_module_names) - ours - OPTIONAL
    assert {DISTRIBUTIONS.get(name, name.lower()) for name in others} <= declared
