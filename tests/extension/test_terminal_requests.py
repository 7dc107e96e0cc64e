"""A request on a terminal: what stands there, and what is typed there."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import PermissionResult, PermissionResultAllow, ToolPermissionContext

from jupyter_claude._approvals import Approvals
from jupyter_claude._requests import QUESTION
from jupyter_claude._turns.items import TextItem, ToolCall
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views import request_lines, terminal
from jupyter_claude._views.script import ScriptFrontend
from tests.hangs import HANG

pytestmark = pytest.mark.anyio

WIDTH = 40


@pytest.fixture
def anyio_backend() -> str:
    """A terminal's view runs on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the terminal narrow."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))


async def decided(
    tool: str,
    tool_input: dict[str, Any],
    typed: list[str | None],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> PermissionResult:
    """Ask on a terminal whose user types these lines, None for its end; return the decision."""
    lines: Iterator[str | None] = iter(typed)

    async def line(prompt: str, *, follows: bool = False) -> str | None:
        print(prompt)
        return next(lines)

    monkeypatch.setattr(terminal, "_line", line)
    approvals = Approvals(hold=0.0)
    turn = TurnWriter(1, "id", "prompt", folder=folder, can_ask=True)
    turn.start()
    view = terminal.TerminalView(turn.turn, approvals)
    try:
        context = ToolPermissionContext(tool_use_id="t")
        return await asyncio.wait_for(
            approvals.decide(turn, tool, tool_input, context, folder), HANG
        )
    finally:
        view.finish()


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf :x: :wastebasket: [b]x[/b]",
        "echo a    " + "b" * 30 + "     c    d " + "e" * 20 + "   ",
        "echo " + "x" * (WIDTH - 7) + "Allow Bash? y/n",
        "echo " + "漢" * 40,
        "x" * 200,
    ],
)
async def test_a_command_stands_as_it_runs(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """Else codes of emoji become pictures, spaces go, and the command's end passes for our line."""
    await decided("Bash", {"command": command}, ["n\n"], tmp_path, monkeypatch)
    lines = capsys.readouterr().out.split("\n")
    first = lines.index("Run a command?") + 1
    first += lines[first].startswith("Careful: ")
    block = lines[first : lines.index("Allow Bash? y/n/e (edit) ")]
    assert block[0].startswith("│ ")
    assert all(line.startswith("┆ ") for line in block[1:])
    assert "".join(line[2:] for line in block) == command
    assert all(terminal_width(line) <= WIDTH for line in block)


def terminal_width(line: str) -> int:
    """Return how many cells a line takes."""
    return sum(2 if char == "漢" else 1 for char in line)


def test_a_tab_takes_its_place() -> None:
    """Else a line with tabs is wider than it seems, and goes on at the terminal's margin."""
    (first, *rest) = request_lines.pieces("│ a\tb" + "\t" * 9 + "c", WIDTH)
    assert first.startswith("│ a     b")
    assert [line[:2] for line in rest] == ["┆ "] * len(rest)
    assert rest and rest[-1].endswith("c")


class Terminal(io.StringIO):
    """What a terminal shows."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", ["__stdout__", "__stderr__"])
async def test_a_request_stands_where_it_is_seen(
    stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request shows on the terminal also where output is captured, or goes to a file.

    Otherwise: ``with capture_output(): await claude.ask(…)`` waits for an answer to a request that
    nobody sees.
    """
    screen, captured = Terminal(), io.StringIO()
    for name in ("stdout", "__stdout__", "stderr", "__stderr__"):
        monkeypatch.setattr(sys, name, captured)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert not ScriptFrontend().can_be_asked(), "nobody can see a request there"
    monkeypatch.setattr(sys, stream, screen)
    assert ScriptFrontend().can_be_asked()
    await decided("Bash", {"command": "touch made.txt"}, ["n\n"], tmp_path, monkeypatch)
    assert "│ touch made.txt\n" in screen.getvalue()
    assert "Permission" not in captured.getvalue()


def test_an_answer_goes_where_output_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise ``ipython script.ipy > answers.txt`` leaves the file without the answers."""
    screen, file = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    monkeypatch.setattr(sys, "__stdout__", screen)
    turn = TurnWriter(1, "id", "prompt", folder=Path())
    view = terminal.TerminalView(turn.turn, Approvals())
    turn.put(TextItem("text", "The answer."))
    turn.finish("done")
    view.finish()
    assert "The answer." in file.getvalue()
    assert screen.getvalue() == ""


def test_an_answer_keeps_all_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a terminal leaves out what looks like HTML: of `vector<int>` only `vector` is shown."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    turn = TurnWriter(1, "id", "prompt", folder=Path())
    view = terminal.TerminalView(turn.turn, Approvals())
    turn.put(TextItem("text", "A vector<int> in <b>bold</b>.\n\n<div>\nA block.\n</div>\n\n~~No~~"))
    turn.finish("done")
    view.finish()
    lines = [line.strip() for line in file.getvalue().splitlines()]
    assert lines[0] == "A vector<int> in <b>bold</b>."
    assert lines[2] == "<div> A block. </div>"
    assert lines[-1] == "No"


def test_a_call_without_input_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else Claude looks at the variables, and a terminal does not say so."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    turn = TurnWriter(1, "id", "prompt", folder=Path())
    view = terminal.TerminalView(turn.turn, Approvals())
    turn.put(ToolCall("1", "mcp__kernel__variables"))
    assert file.getvalue() == "", "its input may still come"
    turn.put(ToolCall("1", "mcp__kernel__variables", state="done", note="1 withheld: api_key"))
    turn.finish("done")
    view.finish()
    assert file.getvalue().splitlines() == [
        "● Look at the variables — done",
        "  1 withheld: api_key",
    ]


async def test_a_command_is_edited(tmp_path: Path, monkeypatch: Any) -> None:
    """Else a user who wants one option less must deny, explain and wait."""
    typed: list[str | None] = ["e\n", "ls -a\n", ".\n"]
    decision = await decided("Bash", {"command": "ls", "timeout": 9}, typed, tmp_path, monkeypatch)
    assert isinstance(decision, PermissionResultAllow)
    assert decision.updated_input == {"command": "ls -a", "timeout": 9}


@pytest.mark.parametrize(
    ("typed", "mode", "plan"),
    [(["y\n"], "default", None), (["a\n"], "acceptEdits", None),
     (["x\n", "e\n", "Mine\n", ".\n"], "default", "Mine")],
)  # fmt: skip
async def test_a_plan_is_approved(
    typed: list[str | None], mode: str, plan: str | None, tmp_path: Path, monkeypatch: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Else a plan on a terminal is JSON, or Claude goes on in another mode than was said."""
    decision = await decided(
        "ExitPlanMode", {"plan": "# Do\n\n1. it"}, typed, tmp_path, monkeypatch
    )
    assert isinstance(decision, PermissionResultAllow)
    assert [update.mode for update in decision.updated_permissions or ()] == [mode]
    assert (decision.updated_input or {}).get("plan") == plan
    assert "Claude's plan\n│ # Do\n│ \n│ 1. it\n" in capsys.readouterr().out


@pytest.mark.parametrize("odd", ["a²", "a1x", "²", "a0", "a9", "", "yes please"])
async def test_an_odd_answer_is_asked_again(odd: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Else the request is gone from the terminal, and the turn waits for ever."""
    decision = await decided("Bash", {"command": "ls"}, [odd, "Y\n"], tmp_path, monkeypatch)
    assert isinstance(decision, PermissionResultAllow)


def question(**fields: Any) -> dict[str, Any]:
    """Make the input of a question."""
    option = {"label": "A", "description": "one\n  2. Delete all"}
    return {"questions": [{"question": "Which?\n1. B", "options": [option], **fields}]}


@pytest.mark.parametrize(
    ("typed", "said"), [("1", "A"), ("²", "²"), ("1,1", "A, A"), ("1,7", "1,7"), ("own", "own")]
)
async def test_a_question_is_answered(
    typed: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """Else Enter alone is an answer, and text of the model's passes for an option."""
    lines: list[str | None] = ["\n", f" {typed}\n"]
    decision = await decided(QUESTION, question(), lines, tmp_path, monkeypatch)
    assert isinstance(decision, PermissionResultAllow)
    assert decision.updated_input is not None
    assert decision.updated_input["answers"] == {"Which?\n1. B": said}
    shown = capsys.readouterr().out.split("\n")
    assert not any(line.startswith(("  2.", "1. B")) for line in shown)


async def test_a_question_without_options(tmp_path: Path, monkeypatch: Any) -> None:
    """Else it can never be answered."""
    decision = await decided(QUESTION, question(options=[]), ["x"], tmp_path, monkeypatch)
    assert isinstance(decision, PermissionResultAllow)


@pytest.mark.parametrize("tool", ["Bash", QUESTION])
async def test_the_end_of_the_input_allows_nothing(
    tool: str, tmp_path: Path, monkeypatch: Any
) -> None:
    """Else a closed terminal answers a question, or is asked for ever."""
    given = {"command": "ls"} if tool == "Bash" else question()
    decision = await decided(tool, given, [None], tmp_path, monkeypatch)
    assert not isinstance(decision, PermissionResultAllow)
