"""The code of the how-to and explanation pages runs, as the cells of one notebook.

A cell is a block of Python, or a prompt that begins with ``%%claude``. ``<!-- not run: REASON -->``
above a block leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

DOCS = Path(__file__).parents[2] / "docs"
#: Pages of these folders, but not of those below them.
FOLDERS = ("how-to", "explanation")
#: Its code belongs in jupyterhub_config.py. tests/hub runs hubs.
NO_CELLS = {"hub.md"}
BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: As after a restart of the kernel, but for the variables.
AFRESH = """\
for _name in ("allowed_tools", "disallowed_tools", "mcp_servers", "system_prompt"):
    setattr(claude.settings, _name, claude.settings.traits()[_name].default())
claude.budget_usd = None
claude.tools.remove("price_of") if "price_of" in repr(claude.tools) else None
await claude.new()"""
SCRIPT: list[dict[str, Any]] = [
    {"when": "Good or bad?", "replies": [[{"text": "good"}]]},
    {"when": "", "replies": [[{"text": "Done."}]]},
]


def cells_of(page: Path) -> Iterator[str]:
    for found in BLOCK.finditer(page.read_text("utf-8")):
        left_out, language, code = found.groups()
        if not left_out and (language == "python" or code.startswith("%%claude")):
            yield code.rstrip("\n")


async def test_the_code_of_the_pages_runs(claude_kernel: Callable[..., Any]) -> None:
    """Else a user copies something from a how-to page that does not work."""
    ran = 0
    async with claude_kernel(SCRIPT) as kernel:
        for page in sorted(page for folder in FOLDERS for page in (DOCS / folder).glob("*.md")):
            cells = [] if page.name in NO_CELLS else list(cells_of(page))
            for code in [*cells, AFRESH] if cells else []:
                cell = await kernel.run(code)
                assert cell.status == "ok", f"{page.name}: {code}\n{cell.story()}"
            ran += len(cells)
    assert ran > 15
