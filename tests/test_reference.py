"""The documentation is whole: every public name stands in the reference, and the pages build."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import jupyter_claude_sdk

ROOT = Path(__file__).parents[1]


def test_every_public_name_stands_in_the_reference_once() -> None:
    """Else a user finds a name in code that the documentation does not explain."""
    page = (ROOT / "docs/reference/sdk.md").read_text("utf-8")
    named = re.findall(r"^\.\. auto(?:class|function|data):: (\S+)$", page, re.MULTILINE)
    assert sorted(named) == sorted(set(jupyter_claude_sdk.__all__) - {"__version__"})


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    """Else links in the documentation lead nowhere, or docstrings come out garbled."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
    built = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path)], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
