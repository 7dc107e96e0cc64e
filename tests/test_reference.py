"""The documentation is whole: every public name stands in the reference, and the pages build."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import jupyter_claude_sdk
import pytest
from jupyter_claude_sdk import lowlevel

import jupyter_claude
from jupyter_claude._command.main import main
from jupyter_claude._ipython.help import HELP
from jupyter_claude._settings import Settings

ROOT = Path(__file__).parents[1]


def test_every_public_name_stands_in_the_reference_once() -> None:
    """Else a user finds a name in code that the documentation does not explain."""
    assert sorted(named_on("sdk")) == sorted(
        set(getattr(jupyter_claude_sdk, "__all__")) - {"__version__"}  # noqa: B009
    )
    assert sorted(named_on("lowlevel")) == sorted(lowlevel.__all__)


def named_on(page: str) -> list[str]:
    text = (ROOT / f"docs/reference/{page}.md").read_text("utf-8")
    return re.findall(r"^\.\. auto(?:class|function|data):: (\S+)$", text, re.MULTILINE)


def test_every_name_of_the_extension_stands_in_its_reference() -> None:
    """Else a user finds no word on a name, a setting, a magic or a command."""
    page = (ROOT / "docs/reference/extension.md").read_text("utf-8")
    named = re.findall(r"^\.\. (?:auto(?:class|exception)|py:data):: (\S+)$", page, re.MULTILINE)
    others = {"__version__", "claude", "load_ipython_extension", "unload_ipython_extension"}
    assert sorted(named) == sorted(set(jupyter_claude.__all__) - others - {"KernelSession"})
    assert HELP in page
    settings = Settings.class_traits(config=True)
    rows = re.findall(r"^\| `(\w+)` \| `[^`]*` \| (.+) \|$", page, re.MULTILINE)
    assert dict(rows) == {name: trait.help for name, trait in settings.items()}
    with pytest.raises(SystemExit), contextlib.redirect_stdout(io.StringIO()) as printed:
        main(["--help"])
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", printed.getvalue(), re.MULTILINE)
    assert commands == re.findall(r"^\| `jupyter-claude ([a-z-]+)`", page, re.MULTILINE)


@pytest.mark.pure
def test_help_lists_each_parameter_by_itself() -> None:
    """Else `help()` shows a parameter as a part of the text above it."""
    within = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("jupyter_claude", "sdk/jupyter_claude_sdk")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        for line in re.findall(r"^ +[\w*, ]+ : \S.*$", ast.get_docstring(node) or "", re.MULTILINE)
    ]
    assert within == []


@pytest.mark.timeout(900)  # a minute of a core, which it shares with three workers and the checks
def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    """Else links in the documentation lead nowhere, or docstrings come out garbled."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
    built = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path)], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
