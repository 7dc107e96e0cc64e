"""What docs/testing-agents.md must print; it brings its own models."""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk.lowlevel import (
    RecordedCall,
    RecordedInputs,
    RecordedText,
    RecordedTurn,
    key_of,
    turn_json,
)

SCRIPT: list[dict[str, Any]] = []

_ASKED = [RecordedInputs("How many lines has data.csv?"), RecordedInputs("Thank you")]
_FIRST = RecordedTurn(
    key_of(_ASKED[0], ""),
    "",
    _ASKED[0],
    [
        RecordedCall("Bash", {"command": "wc -l < data.csv"}, output="3", reply=1),
        RecordedText("It has 3 lines.", reply=2),
    ],
)
_SECOND = RecordedTurn(key_of(_ASKED[1], _FIRST.key), _FIRST.key, _ASKED[1])

FILES = {
    "data.csv": "a\n1\n2\n3\n",
    "report.claude/001-how-many-00000000.json": turn_json(_FIRST),
    "report.claude/002-thank-you-00000000.json": turn_json(_SECOND),
}

SAYS = [
    "It is in hello.txt.\nHello\n",
    "still there",
    "{'verdict': 'good'}",
    "error_max_budget_usd",
    "True",
    "12 lines",
    "Here I am.",
    "It has 3 lines.",
    "Bash (call 1 of “How many lines has data.csv?”) gave “4”, not “3”",
    "['Thank you']",
    "ended with 1",
]
