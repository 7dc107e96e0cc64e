"""What a kernel prints when Claude does not start, in the mode that shows all variables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

KEY = "sk-verysecret-0123456789"
# The key itself does not stand in the code, which is printed too.
START = """
%xmode Verbose
import os
os.environ["ANTHROPIC_API_KEY"] = "sk-very" + "secret-0123456789"
%config ClaudeMagics.env = {"MY_TOKEN": os.environ["ANTHROPIC_API_KEY"]}
"""
CASES = {
    "no CLI": '%config ClaudeMagics.cli_path = "/nonexistent/claude"',
    "ends at once": '%config ClaudeMagics.cli_path = "/bin/false"',
}
ASKS = (
    'await claude.ask("x")',
    'await claude.client.query("x")',
    "%%claude\nx",
    'claude.ask_sync("x")',
    "await claude.rewind(99)",
)


@pytest.mark.parametrize("case", CASES)
async def test_no_key_is_printed(
    case: str, claude_kernel: Callable[..., Any], tmp_path: Path
) -> None:
    """Who wants to know why it does not start would print the key into the notebook."""
    async with claude_kernel([]) as kernel:
        await kernel.run_ok(START)
        await kernel.run(CASES[case])
        for ask in ASKS:
            cell = await kernel.run(ask)
            assert cell.status == "error", (ask, cell.story())
            assert KEY not in cell.story(), [
                line for line in cell.story().split("\\n") if KEY in line
            ]
