"""``%%claude --schema`` in a kernel. Fails if a cell's value is lost, or a slip costs money."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

GIVE = "mcp__answer__give"
SCRIPT = [
    {
        "when": "capital",
        "replies": [[{"tool": GIVE, "input": {"value": {"name": "Rome", "people": 3}}}]],
    },
    {"when": "nonsense", "replies": [[{"tool": GIVE, "input": {"value": "?"}}]] * 3},
]
CITY = """
from dataclasses import dataclass

@dataclass
class City:
    name: str
    people: int
"""


async def test_a_cell_asks_for_a_value(claude_kernel: Any) -> None:
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok(CITY)
        for name, words in (
            ("Citty", "the notebook has no 'Citty'; did you mean City?"),
            ("City.x", "has no attribute 'x'"),
            ("'a b'", "--schema needs the name of a type"),
        ):
            slip = await kernel.run(f"%%claude --schema {name}\nThe capital")
            assert slip.error is not None, slip.story()
            assert slip.error["ename"] == "UsageError"
            assert words in slip.error["evalue"]
        assert kernel.model.requests == []
        await kernel.run_ok("%%claude --schema City --as capital\nThe capital")
        said = await kernel.run_ok("print(capital.value, _.value == City('Rome', 3))")
        assert said.stdout == "City(name='Rome', people=3) True\n"
        wrong = await kernel.run("%%claude --schema City\nnonsense")
        assert wrong.error is not None
        assert wrong.error["ename"] == "AnswerInvalid"
        assert len(wrong.error["traceback"]) == 1
