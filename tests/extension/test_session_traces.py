"""A session's turns in the trace of a program that uses OpenTelemetry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spans import Recorder

TURN = "invoke_agent Claude Code"


@pytest.mark.cli
@pytest.mark.anyio
async def test_a_sessions_turn_is_below_the_cells_span(session: Any, traced: Recorder) -> None:
    """A notebook's trace would lack Claude's work, and what was asked of the user."""
    script = [
        {
            "when": "go",
            "replies": [
                [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
                [{"text": "Denied."}],
            ],
        }
    ]
    async with session(script) as claude:
        with traced.tracer.start_as_current_span("a cell"):
            turn = await claude.ask("go")
    lines = [line for line in traced.tree() if "chat" not in line]
    assert lines == [
        "a cell",
        f"  {TURN}",
        "    execute_tool Bash: denied",
        "      permission Bash",
    ]
    assert traced.open == []
    seen = traced.of(TURN)
    assert seen["cost_usd"] == pytest.approx(turn.cost_usd)
    assert traced.of("permission Bash")["permission.outcome"] == "deny"
