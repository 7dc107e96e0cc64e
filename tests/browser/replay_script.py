"""The notebook of ten turns that `test_replay.py` records, and what the scripted model says."""

from __future__ import annotations

from typing import Any

#: The cells. A cell that starts with ``%%claude``, or awaits `claude.ask`, is a turn.
CELLS = [
    "%claude replay auto",
    "rides = {'Jan': 2, 'Feb': 3, 'Mar': 5}",
    "%%claude\nTen turns: greet the class.",
    "%%claude\nTen turns: what is in @rides?",
    "%%claude\nTen turns: name one risk of the data.",
    "%%claude\nTen turns: write a note on the data.",
    "%%claude\nTen turns: plot the rides.",
    "best, total",
    "%%claude\nTen turns: make a mark.",
    (
        "turn = await claude.ask('Ten turns: which months?', schema=list[str])\n"
        "months = turn.value\nmonths"
    ),
    "%%claude\nTen turns: give a formula.",
    "%%claude\nTen turns: make a table.",
    "%%claude --as last\nTen turns: say goodbye.",
    "print(open('note.txt').read(), months, best, total, str(last), sep=' | ')",
]
#: What the last cell prints, however the notebook runs.
END = "The data are small.\n | ['Jan', 'Feb', 'Mar'] | Mar | 10 | Goodbye, class."
#: The cells of the ten turns, counted from the first cell of `CELLS`.
TURNS = [number for number, cell in enumerate(CELLS) if "Ten turns:" in cell]

_PLOT = """\
import matplotlib.pyplot as plt
best, total = max(rides, key=rides.get), sum(rides.values())
plt.figure(figsize=(3, 2))
plt.bar(list(rides), list(rides.values()))
plt.show()
print('best', best)"""


def _say(text: str) -> list[dict[str, Any]]:
    return [{"text": text}]


def _call(tool: str, **given: Any) -> list[dict[str, Any]]:
    return [{"text": "I'll do that."}, {"tool": tool, "input": given}]


RULES: list[dict[str, Any]] = [
    {"when": f"Ten turns: {when}", "replies": replies}
    for when, *replies in [
        ("greet", _say("Hello, **class**.")),
        ("what is in", _say("Three months of rides.")),
        ("name one risk", _say("Three months are few.")),
        ("name two risks", _say("Two risks: few months, one town.")),
        (
            "write a note",
            _call("Write", file_path="note.txt", content="The data are small.\n"),
            _say("Written."),
        ),
        (
            "plot the rides",
            _call("mcp__kernel__run_code", code=_PLOT, why="To see the rides"),
            _say("March is best."),
        ),
        ("make a mark", _call("Bash", command="touch mark.txt"), _say("It is there.")),
        (
            "which months",
            [{"tool": "mcp__answer__give", "input": {"value": ["Jan", "Feb", "Mar"]}}],
        ),
        ("give a formula", _say("The mean is $\\bar x = 10/3$.")),
        ("make a table", _say("| month | rides |\n|---|---|\n| Jan | 2 |")),
        ("say goodbye", _say("Goodbye, class.")),
    ]
]
