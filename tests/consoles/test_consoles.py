"""The consoles themselves: jupyter console, qtconsole, and Spyder's kernel in Spyder's console.

CI drives jupyter console. The others, which download much more, run when
JUPYTER_CLAUDE_ENVIRONMENTS is set.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.consoles.console import Console, Start, read

pytestmark = [pytest.mark.cli]
large = pytest.mark.skipif(
    not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"), reason="JUPYTER_CLAUDE_ENVIRONMENTS unset"
)
BASH = {"tool": "Bash", "input": {"command": "touch made.txt", "description": "make it"}}
OPTIONS = [{"label": "Tea", "description": "hot"}, {"label": "Water", "description": "cold"}]
QUESTION = {"question": "Which drink?", "header": "Drink", "options": OPTIONS}
ASK = {
    "tool": "AskUserQuestion",
    "input": {"questions": [{**QUESTION, "multiSelect": False}]},
}
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "touch",
        "replies": [[{"text": "A vector<int>, **soon**.\n\n"}, BASH], [{"text": "There."}], [BASH]],
    },
    {"when": "drink", "replies": [[ASK], [{"text": "Noted."}]]},
    {"when": "hang", "replies": [[{"text": "so far\n\n"}, {"hang": True}]]},
]


def load(console: Console) -> None:
    """Load the extension, as the console's first cell."""
    console.until(r"In \[1\]:")
    console.cell("%load_ext jupyter_claude")
    console.until(r"In \[2\]:")


def in_a_console(console: Console) -> None:
    """Do what a user does in a console."""
    load(console)
    made = console.folder / "made.txt"
    console.cell("%%claude touch it")
    asked = console.until(r"Allow Bash\? y/n/a \(always\)/e \(edit\)")
    assert "A vector<int>, soon." in asked
    assert "│ touch made.txt" in asked
    console.answer("y")  # nobody can have read it
    console.until("does not count")
    console.until(r"Allow Bash\?")
    assert not made.exists()
    read()
    console.answer("y")
    shown = console.until(r"In \[3\]:")
    assert "Run touch made.txt — done" in shown
    assert "There." in shown
    assert "$0." in shown
    assert made.exists()

    console.cell("%%claude drink")
    console.until("2. Water — cold\n")
    console.until("Number or your own words: ")
    read()
    console.answer("2")
    assert "Noted." in console.until(r"In \[4\]:")

    console.cell("%%claude touch more")
    console.until(r"Allow Bash\?")
    console.stop()
    stopped = console.until(r"In \[5\]:")
    assert "TurnInterrupted: Stopped" in stopped
    assert "Traceback" not in stopped
    console.cell("%%claude hang")
    console.until("so far")
    console.stop()
    assert "TurnInterrupted: Stopped" in console.until(r"In \[6\]:")


def in_place_of_a_page(console: Console) -> None:
    """Ask for the panel and the slider, and rewind, in a console after `in_a_console`."""
    console.cell("%claude panel")
    assert "without one, write %%claude cells" in console.until(r"In \[7\]:")
    console.cell("%claude history")
    table = console.until(r"In \[8\]:")
    assert "touch it" in table
    assert "%claude rewind NUMBER" in table
    console.cell("%claude rewind 2 --now")
    assert "Rewound to before turn 2: 3 turns removed" in console.until(r"In \[9\]:")
    console.cell("from jupyter_claude import claude; claude.panel()")
    assert "Out[9]: The chat panel needs a page" in console.until(r"In \[10\]:")


def test_jupyter_console(start: Start) -> None:
    """Else who works in jupyter console cannot read, approve, answer, stop or go back."""
    console = start("jupyter console", SCRIPT)
    in_a_console(console)
    in_place_of_a_page(console)
    console.leave()


@large
@pytest.mark.parametrize("name", ["qtconsole", "spyder"])
def test_a_window(start: Start, name: str) -> None:
    """Else who works in qtconsole or Spyder cannot read, approve, answer, stop or go back."""
    console = start(name, SCRIPT)
    in_a_console(console)
    in_place_of_a_page(console)
    console.leave()
    assert "registered: jupyter_claude" not in console.errors.read_text()


@large
def test_spyders_run_file(start: Start) -> None:
    """Else a program that Spyder's "Run file" runs cannot ask Claude, or hangs at a request."""
    console = start("spyder", SCRIPT)
    load(console)
    file = console.folder / "program.py"
    file.write_text("from jupyter_claude import claude\nprint(claude.ask_sync('touch it').text)\n")
    console.cell("%runfile program.py")
    console.until(r"Allow Bash\?")
    read()
    console.answer("y")
    assert "There." in console.until(r"In \[3\]:")
    assert (console.folder / "made.txt").exists()
    console.cell("%runfile program.py")
    console.until(r"Allow Bash\?")
    console.stop()
    assert "TurnInterrupted: Stopped" in console.until(r"In \[4\]:")
    file = console.folder / "cell.ipy"
    file.write_text("%%claude\ntouch it\n")
    console.cell("%runfile cell.ipy")
    assert 'write turn = claude.ask_sync("…")' in console.until(r"In \[5\]:")
