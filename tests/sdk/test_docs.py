"""The documentation's pages run: each from top to bottom, as the cells of one notebook.

A page ``docs/NAME.md`` is run if there is ``tests/sdk/pages/NAME.py`` (``-`` in the name becomes
``_``). That file holds ``SCRIPT``, what the model answers, and may hold ``SAYS``, texts that the
page must print, in this order; ``FILES``, a dict of files that lie in the folder it runs in; and
``ASKS``, texts that the model must have been sent. A block that begins with ```` ```python ```` is
a cell, except after a line ``<!-- not run: REASON -->``.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

pytestmark = pytest.mark.cli

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PAGES = sorted(path.stem for path in (HERE / "pages").glob("[!_]*.py"))
BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def cells_of(page: Path) -> list[dict[str, Any]]:
    """Return the page's cells."""
    text = page.read_text("utf-8")
    return [
        {"file": str(page), "line": 1 + text.count("\n", 0, found.start(2)), "code": found[2]}
        for found in BLOCK.finditer(text)
        if not found[1]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_from_top_to_bottom(
    name: str, cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path
) -> None:
    """Else a user copies something from the documentation that does not work."""
    scene = importlib.import_module(f"tests.sdk.pages.{name}")
    folder = tmp_path / "work"
    folder.mkdir()
    for path, content in getattr(scene, "FILES", {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    (tmp_path / "cells.json").write_text(
        json.dumps(cells_of(REPOSITORY / "docs" / (name.replace("_", "-") + ".md")))
    )
    model = scripted(scene.SCRIPT)
    environment = {
        **os.environ,
        **model.env,
        "JUPYTER_CLAUDE_CLI": str(cli),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(REPOSITORY / "sdk"),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "cells.py"), str(tmp_path / "cells.json")],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    place = 0
    for text in getattr(scene, "SAYS", ()):
        place = done.stdout.find(text, place)
        assert place >= 0, f"{text!r} is not in (the rest of) what was printed:\n{done.stdout}"
    asked = json.dumps(model.requests, ensure_ascii=False)
    for text in getattr(scene, "ASKS", ()):
        assert text in asked, f"{text!r} was not asked"
