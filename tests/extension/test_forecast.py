"""What a notebook's recording answers, before anything runs; no kernel, no CLI, no model."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.lowlevel import (
    RecordedInputs,
    RecordedTurn,
    RecordingFolder,
    key_of,
)

from jupyter_claude import ClaudeError
from jupyter_claude._command.main import main
from jupyter_claude._core.conversation import Conversation
from jupyter_claude._core.host import Host
from jupyter_claude._notebook.messages import CellsAnswer, CellsAsked, CellsResult, ShownCell
from jupyter_claude._notebook.pages import NotebookPages
from jupyter_claude._replay.ahead import ReplayAhead
from jupyter_claude._replay.cells import Step, steps_in
from jupyter_claude._replay.forecast import forecast, forecast_report
from jupyter_claude._replay.mode import Mode
from jupyter_claude._views.protocol import replay_view
from jupyter_claude._views.script import ScriptFrontend
from tests.hangs import HANG

pytestmark = pytest.mark.pure

PROMPTS = ("Read sales.csv", "Plot the revenue by month", "Which month was best?", "Write a note")


def record(folder: RecordingFolder, prompts: tuple[str, ...], parent: str = "") -> list[str]:
    """Record turns that follow each other, for 0.01, 0.02, … dollars; return their keys."""
    keys = []
    for number, prompt in enumerate(prompts, 1):
        # The forecast cannot know these, so it takes them as they are.
        asked = RecordedInputs(prompt=prompt, model="opus", attached={"df": "0" * 64})
        key = key_of(asked, parent)
        cost = number / 100
        folder.write(RecordedTurn(key=key, parent=parent, asked=asked, cost_usd=cost), "2026-11-30")
        keys.append(parent := key)
    return keys


def fates(folder: RecordingFolder, *cells: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what will happen to the prompts of these cells, and why."""
    return [(turn.state, turn.reasons) for turn in forecast(steps_in(cells), folder).turns]


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    """Return a recording of four turns."""
    made = RecordingFolder(tmp_path / "sales.claude")
    record(made, PROMPTS)
    return made


def notebook(path: Path, *cells: str) -> Path:
    """Write a notebook with a heading and these code cells."""
    shown: list[dict[str, Any]] = [{"cell_type": "markdown", "source": "%%claude\nno prompt"}]
    shown += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    path.write_text(json.dumps({"cells": shown, "nbformat": 4}), "utf-8")
    return path


def test_the_prompts_in_cells() -> None:
    """Otherwise the line before Run All leaves out prompts that will cost money."""
    cells = [
        "%%claude --model haiku --as t Hello\nthere",
        None,
        "\n  %%claude\n  indented",
        "%%claude --modle x\nnever sent",
        "%%claude --new\nagain",
        "%%claude /login",
        "!ls\nawait claude.ask('one' ' two', model='opus')\nclaude.ask_sync(prompt=f'three')",
        "from jupyter_claude import claude as c\nasync for _ in c.stream('a' + 'b'): print(_)",
        "await asyncio.gather(claude.ask('in order'), jupyter_claude.claude.ask('next'))",
        "for x in 'ab': await claude.ask('often')\ndef f(): claude.ask_sync('later')",
        "[await claude.ask('many') for x in y]\nclaude.ask_sync(f'{x}')",
        "%%time\nawait claude.ask('timed')",
        "%claude new\nclaude.rewind(1)",
        "%%bash\nclaude.ask('no')",
        "claude.ask('broken'",
        "other.ask('no')",
    ]
    found = [(step.cell, step.kind, step.prompt, step.model) for step in steps_in(cells)]
    assert found == [
        (1, "ask", "Hello\nthere", "haiku"),
        (3, "ask", "indented", None),
        (5, "new", None, None),
        (5, "ask", "again", None),
        (7, "ask", "one two", "opus"),
        (7, "ask", "three", None),
        (8, "ask", "ab", None),
        (9, "ask", "in order", None),
        (9, "ask", "next", None),
        (10, "ask", None, None),
        (10, "ask", None, None),
        (11, "ask", None, None),
        (11, "ask", None, None),
        (12, "ask", "timed", None),
        (13, "new", None, None),
        (13, "move", None, None),
    ]


def test_a_changed_prompt_makes_the_later_turns_stale(folder: RecordingFolder) -> None:
    """Otherwise a reviewer takes answers for those to the prompts beside them."""
    cells = [f"%%claude\n{prompt}" for prompt in PROMPTS]
    assert fates(folder, *cells) == [("replayed", ())] * 4
    cells[1] = "%%claude\nPlot the revenue by week"
    made = forecast(steps_in(cells), folder)
    assert [(turn.state, turn.reasons) for turn in made.turns] == [
        ("replayed", ()),
        ("stale", ("the prompt",)),
        ("stale", ("an earlier turn (2)",)),
        ("stale", ("an earlier turn (2)",)),
    ]
    assert made.line == "1 replayed, 3 stale"
    assert made.cost_usd == pytest.approx(0.09)
    assert made.line_in("record") == "4 asked, about $0.10"
    assert made.unused == []
    cells[1] = "%%claude --model haiku\nPlot the revenue by month"
    assert fates(folder, *cells)[1] == ("stale", ("the model",))


def test_a_new_cell_is_asked(folder: RecordingFolder) -> None:
    """Otherwise it would show the answer of the cell below, and that cell would be asked."""
    cells = [f"%%claude\n{prompt}" for prompt in PROMPTS]
    cells.insert(1, "await claude.ask('How many rows are there?')")
    made = forecast(steps_in(cells), folder)
    assert [turn.state for turn in made.turns] == ["replayed", "asked", *["stale"] * 3]
    assert made.turns[2].reasons == ("an earlier turn (2)",)
    # A new turn is expected to cost the mean of the recorded ones, 0.025 dollars.
    assert made.line == "1 replayed, 3 stale, 1 asked, about $0.03"
    del cells[1:3]
    made = forecast(steps_in(cells), folder)
    assert [turn.reasons for turn in made.of("stale")] == [
        ("an earlier turn",),
        ("an earlier turn (2)",),
    ]
    assert [turn.asked.prompt for turn in made.unused] == [PROMPTS[1]]
    assert not made.foreign
    assert forecast(steps_in(["%%claude\nHi"]), folder).foreign


def test_what_only_running_can_tell(folder: RecordingFolder) -> None:
    """Otherwise one f-string makes the rest of the notebook look lost, or be pruned."""
    cells = [f"%%claude\n{prompt}" for prompt in PROMPTS]
    cells[1] = "await claude.ask(f'Plot {column} by month')"
    made = forecast(steps_in(cells), folder)
    assert [turn.state for turn in made.turns] == ["replayed", "unknown", "replayed", "replayed"]
    assert made.line == "3 replayed, 1 known only when it runs"
    cells.append("%%claude --new\nRead sales.csv")
    assert forecast(steps_in(cells), folder).turns[-1].state == "asked"  # it was recorded once


def test_a_secret_in_a_prompt_is_no_change(folder: RecordingFolder) -> None:
    """Otherwise a prompt whose secret is a mark in the recording is stale for ever."""
    asked = RecordedInputs(prompt="Use the key abc123")
    turn = RecordedTurn(
        key=key_of(asked, ""), asked=replace(asked, prompt="Use the key ‹secret›"), cost_usd=1
    )
    folder.write(turn, "2026-11-30")
    assert fates(folder, "%%claude\nUse the key abc123") == [("replayed", ())]


def test_the_report_of_the_magic(folder: RecordingFolder) -> None:
    """Otherwise `%claude replay` does not say what a run will do, or puts markup in the page."""
    made = forecast([Step(3, prompt="Read sales.csv"), Step(4, prompt="<b>Hi</b>")], folder)
    report = forecast_report(made, "auto", "sales.claude")
    assert repr(report).startswith(
        "Replay auto with sales.claude: 1 replayed, 1 asked, about $0.03\n"
    )
    assert "not recorded, about $0.03" in repr(report)
    assert "&lt;b&gt;Hi" in report._repr_html_()
    assert "it will fail" in repr(forecast_report(made, "only", "sales.claude"))


# --- the command ------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run `jupyter-claude replay`; return its status, and what it printed."""
    status = main(["replay", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_check(folder: RecordingFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise CI passes a notebook whose answers are not those to its prompts."""
    cells = [f"%%claude\n{prompt}" for prompt in PROMPTS]
    path = notebook(folder.path.with_suffix(".ipynb"), *cells)
    assert run(capsys, "check", path) == (0, "sales.claude: 4 replayed\n", "")
    cells[2] = "%%claude\nWhich week was best?"
    notebook(path, *cells, "%%claude\nGoodbye\x1b[31m")
    status, out, _ = run(capsys, "check", path)
    assert status == 1
    assert out.splitlines() == [
        "cell 4: stale: Which week was best? (the prompt changed)",
        "cell 5: stale: Write a note (an earlier turn (3) changed)",
        "cell 6: missing: Goodbye\u27e8U+001B\u27e9[31m (not recorded, about $0.03)",
        "sales.claude: 2 replayed, 2 stale, 1 missing, about $0.10 to ask them",
    ]
    status, out, _ = run(capsys, "check", path, "--json")
    data = json.loads(out)
    assert (status, data["ok"], data["recording"]) == (1, False, "sales.claude")
    assert [turn["state"] for turn in data["turns"]] == [
        *("replayed", "replayed", "stale", "stale", "missing")
    ]
    with pytest.raises(SystemExit) as caught:
        main(["replay", "chek", str(path)])
    assert caught.value.code == 2


def test_check_finds_the_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise a renamed notebook has lost its recording, or takes another one's."""
    record(RecordingFolder(tmp_path / "old.claude"), PROMPTS)
    path = notebook(tmp_path / "new.ipynb", "%%claude\nRead sales.csv")
    assert run(capsys, "check", path)[1].startswith("old.claude: 1 replayed")
    record(RecordingFolder(tmp_path / "other.claude"), ("Hello",))
    assert run(capsys, "check", path)[1].startswith("old.claude: 1 replayed")
    notebook(path, "%%claude\nsomething else")
    status, _, said = run(capsys, "check", path)
    assert status == 1
    assert said == (
        "error: new.ipynb has no recording: there is no new.claude beside it, and none of "
        "old.claude, other.claude can be told to be its recording\n"
    )


def test_a_recording_that_cannot_be_read(
    folder: RecordingFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a bad file gives a traceback, or a check that passes."""
    path = notebook(folder.path.with_suffix(".ipynb"), "%%claude\nRead sales.csv")
    file = next(folder.path.glob("001-*.json"))
    whole = file.read_text("utf-8")
    for text, words in (
        (whole[:50], "is damaged"),
        (whole.replace('"form": 1', '"form": 2'), "Upgrade jupyter-claude"),
        ('{"name": "foreign"}', "is no recorded turn"),
    ):
        file.write_text(text, "utf-8")
        status, out, said = run(capsys, "check", path)
        assert (status, out, said.count("\n")) == (1, "", 1)
        assert words in said
    path.write_text("[]", "utf-8")
    assert "is no notebook that can be read" in run(capsys, "check", path)[2]
    monkeypatch.setitem(sys.modules, "jupytext", None)
    script = folder.path.with_suffix(".py")
    script.write_text("# %%\n1\n", "utf-8")
    assert "install jupytext" in run(capsys, "check", script)[2]
    assert "does not exist" in run(capsys, "check", path.with_name("none.ipynb"))[2]


def test_prune(folder: RecordingFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise answers to deleted prompts stay in git, or those of an f-string are lost."""
    path = notebook(folder.path.with_suffix(".ipynb"), "%%claude\nRead sales.csv")
    record(folder, ("Another first prompt",))
    names = sorted(path.name for path in folder.path.glob("0*.json"))
    status, out, _ = run(capsys, "prune", path, "--dry-run")
    assert (status, out.splitlines()[-1]) == (0, "4 recorded turns would be removed")
    notebook(path, "%%claude\nRead sales.csv", "await claude.ask(f'{x}')")
    status, _, said = run(capsys, "prune", path)
    assert (status, "code makes prompts (cell 3)" in said) == (1, True)
    notebook(path, "%%claude\nsomething of another notebook")
    assert "no prompt in common" in run(capsys, "prune", path)[2]
    assert sorted(path.name for path in folder.path.glob("0*.json")) == names
    notebook(path, "%%claude\nRead sales.csv")
    status, out, _ = run(capsys, "prune", path)
    assert (status, out.splitlines()[-1]) == (0, "4 recorded turns removed")
    assert [path.name for path in folder.path.glob("0*.json")] == [
        name for name in names if "read-sales" in name
    ]
    assert run(capsys, "check", path)[1] == "sales.claude: 1 replayed\n"


def test_diff(folder: RecordingFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise a reviewer has to find out by eye what changed in a prompt."""
    path = notebook(
        folder.path.with_suffix(".ipynb"),
        "%%claude\nRead sales.csv",
        "%%claude --model haiku\nPlot the revenue by week",
        "%%claude\nWhich month was best?",
    )
    status, out, _ = run(capsys, "diff", path)
    assert status == 1
    lines = out.splitlines()
    assert lines[0] == "cell 3: the prompt changed; the model changed"
    assert lines[4:6] == ["-Plot the revenue by month", "+Plot the revenue by week"]
    assert "cell 4: an earlier turn (2) changed" in lines


# --- in the kernel ----------------------------------------------------------------------------


class Recording:
    """Stands for the kernel's recording."""

    def __init__(self, folder: RecordingFolder | None, mode: Mode = "auto") -> None:
        self.folder = folder
        self.mode: Mode = mode


class Page:
    """A page with an open notebook, which answers the kernel at once."""

    def __init__(self, *cells: str) -> None:
        self.cells = cells
        self.reads = 0
        self.pages = NotebookPages()
        self.pages.attach(self._answer)
        self.pages.note({"type": "notebook", "notebook": "n", "path": "a.ipynb", "state": "open"})

    def _answer(self, asked: CellsAsked) -> None:
        ask = asked["ask"]
        result: CellsResult = {"result": "here"}
        if ask["op"] == "read":
            self.reads += 1
            shown = [self._shown(number) for number in range(ask["start"], len(self.cells))][:2]
            more = ask["start"] + len(shown) < len(self.cells)
            result = {"result": "read", "total": len(self.cells), "more": more, "cells": shown}
        answer: CellsAnswer = {
            "type": "cells",
            "request": asked["request"],
            "notebook": asked["notebook"],
            "answer": result,
        }
        asyncio.get_running_loop().call_soon(self.pages.receive, answer)

    def _shown(self, index: int) -> ShownCell:
        return {
            "id": f"c{index}",
            "index": index,
            "kind": "code",
            "source": self.cells[index],
            "left": 0,
            "number": None,
            "running": False,
            "outputs": [],
        }


def ahead_of(page: Page, recording: Recording) -> tuple[ReplayAhead, asyncio.Event]:
    """Return a look ahead at a page's notebook, and an event that its views get."""
    conversation, told = Conversation(), asyncio.Event()
    conversation.listen(lambda _: told.set())
    host = Host(ScriptFrontend(), lambda: None)
    return ReplayAhead(host, conversation, page.pages, recording), told


@pytest.mark.anyio
async def test_the_kernel_looks_ahead(folder: RecordingFolder) -> None:
    """Otherwise the panel has no line before Run All, or asks the page at each key press."""
    cells = [f"%%claude\n{prompt}" for prompt in PROMPTS]
    page = Page(*cells, "%%claude\nGoodbye")
    recording = Recording(folder)
    ahead, told = ahead_of(page, recording)
    before = ahead.state
    assert before is None
    for _ in range(20):
        ahead.look()
    await asyncio.wait_for(told.wait(), HANG)
    assert page.reads == 3, "one look, of five cells, two at a time"
    state = ahead.state
    assert state is not None
    assert (state.mode, state.stale) == ("auto", 0)
    assert state.line == "4 replayed, 1 asked, about $0.03"
    assert state.cells == {"c4": "Replay: will be asked · about $0.03"}
    recording.mode = "only"
    assert ahead.state is not None
    assert ahead.state.line == "4 replayed, 1 missing"
    view = replay_view(ahead.state)
    assert view is not None
    assert set(view) == {"mode", "line", "stale", "again", "cells"}


@pytest.mark.anyio
async def test_the_kernel_says_that_a_recording_is_damaged(folder: RecordingFolder) -> None:
    """Otherwise the panel says nothing, and the run that follows fails."""
    next(folder.path.glob("002-*.json")).write_text("{", "utf-8")
    folder.reload()
    ahead, told = ahead_of(Page("%%claude\nHi"), Recording(folder))
    ahead.look()
    await asyncio.wait_for(told.wait(), HANG)
    assert ahead.state is not None
    assert "is damaged" in ahead.state.line
    assert "\n" not in ahead.state.line


class DamagedChoice(Recording):
    """A recording with readable turns and a damaged `recording.json`."""

    @property
    def mode(self) -> Mode:
        raise ClaudeError("report.claude/recording.json is damaged")

    @mode.setter
    def mode(self, mode: Mode) -> None: ...


@pytest.mark.anyio
async def test_the_panel_lives_with_a_damaged_choice(folder: RecordingFolder) -> None:
    """Otherwise the panel gets no state at all any more, for a file that no turn is in."""
    ahead, told = ahead_of(Page("%%claude\nHi"), DamagedChoice(folder))
    ahead.look()
    await asyncio.wait_for(told.wait(), HANG)
    assert ahead.state is not None
    assert ahead.state.line == "report.claude/recording.json is damaged"
