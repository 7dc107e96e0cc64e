"""Record ``notebooks/replayed.claude``: ``python -m scripts.record_example``.

The notebook runs in a real kernel with the real Claude Code. Only the model's words are scripted.
Run it again after a change of the notebook.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_claude_sdk.lowlevel import RecordingFolder
from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._command.headless import HeadlessRun

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "replayed.ipynb"

_PLOT = """\
import matplotlib.pyplot as plt

by_weekday = rides.groupby(rides["day"].dt.day_name(), sort=False)["rides"].mean()
figure, axes = plt.subplots(figsize=(6, 3))
axes.bar(by_weekday.index.str[:3], by_weekday, color="tab:blue")
axes.set(ylabel="rides a day", title="Rides by weekday")
plt.show()
print("most:", by_weekday.idxmax(), round(by_weekday.max()))"""

_FINDINGS = [
    {"claim": "Saturday has the most rides", "proven": True},
    {"claim": "Weekends have more rides than weekdays", "proven": True},
    {"claim": "Sun brings more riders", "proven": False},
]
_NOTE = """\
# Rides of four weeks

- Saturday has the most rides.
- Weekends have more rides than weekdays.
- Whether sun brings more riders, these data cannot say: they have no weather.
"""


def _call(tool: str, **given: Any) -> list[dict[str, Any]]:
    return [{"text": "I'll do that."}, {"tool": tool, "input": given}]


SCRIPT: list[dict[str, Any]] = [
    {
        "when": "What is in @rides",
        "replies": [
            [
                {
                    "text": "`rides` has **28 days**, one row each, with the number of rides. "
                    "No day is missing."
                }
            ]
        ],
    },
    {
        "when": "Plot the mean",
        "replies": [
            _call("mcp__kernel__run_code", code=_PLOT, why="To draw the mean of each weekday"),
            [{"text": "Saturday stands out. The seven means are in `by_weekday`."}],
        ],
    },
    {
        "when": "Three findings",
        "replies": [[{"tool": "mcp__answer__give", "input": {"value": _FINDINGS}}]],
    },
    {
        "when": "Write the findings",
        "replies": [
            _call("Write", file_path="findings.md", content=_NOTE),
            [{"text": "`findings.md` has the three findings."}],
        ],
    },
]


def main() -> int:
    """Run the notebook, and put its recording beside it."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in (one for one in notebook.cells if one.id in ("plot", "file")):
        cell.metadata["jupyter_claude"] = {"headless": "approve"}
    with tempfile.TemporaryDirectory() as made, ScriptedModel(SCRIPT) as model:
        folder = Path(made, "rides")
        folder.mkdir()
        environment = {
            **os.environ,
            **model.env,
            "HOME": made,
            "CLAUDE_CONFIG_DIR": str(Path(made, "config")),
            "JUPYTER_CLAUDE_NOTEBOOK": str(folder / NOTEBOOK.name),
            "JUPYTER_CLAUDE_REPLAY": "record",
        }
        run = HeadlessRun(notebook, lambda request, *_: {"behavior": "allow"}, limit=120)
        asyncio.run(run.visit(folder, environment, Path(made, "kernel.log")))
        recording = NOTEBOOK.with_suffix(".claude")
        shutil.rmtree(recording, ignore_errors=True)
        shutil.copytree(folder / recording.name, recording)
    RecordingFolder(recording).choose("auto")
    return 0


if __name__ == "__main__":
    sys.exit(main())
