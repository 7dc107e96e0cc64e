"""``jupyter-claude replay``: checks, prunes and compares a notebook's recording, and runs it.

Only `run` needs a kernel, and nothing needs a CLI. A stranger may have written the notebook and the
recording, so the command prints their texts as single safe lines, or as the lines of a diff.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import RecordingError, RecordingFolder

from .._replay.cells import steps_in
from .._replay.forecast import (
    Forecast,
    ForecastTurn,
    answers_first,
    forecast,
    short,
    summary,
    why,
)
from .._replay.notebook_file import NotebookError, find_recording, read_cells
from .._text import exact, exact_line
from . import replay_run


def add_to(commands: Any) -> None:
    """Add the command to the parser of ``jupyter-claude``."""
    text = "check, prune, compare or run the recorded turns of a notebook"
    replay = commands.add_parser(
        "replay",
        help=text,
        description=text[0].upper()
        + text[1:]
        + ". No CLI and no network are needed, and a kernel only "
        "for run.",
        epilog="Exit status: 0 all is replayed; 1 a stale or missing turn, or an error; 2 wrong "
        "arguments. What only running can tell, such as attachments and settings, is taken to be "
        "as recorded.",
    )
    actions = replay.add_subparsers(required=True, metavar="ACTION")
    replay_run.add_to(actions)
    for name, does, action in (
        ("check", "list the prompts that the recording does not answer", _check),
        ("prune", "remove the recorded turns that no prompt asks for", _prune),
        ("diff", "show how the stale prompts differ from the recorded ones", _diff),
    ):
        one = actions.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
        one.add_argument(
            "notebook",
            metavar="NOTEBOOK",
            type=Path,
            help="an .ipynb file; with jupytext, also .py or .md",
        )
        if name == "check":
            one.add_argument("--json", action="store_true", help="print JSON, for scripts")
        if name == "prune":
            one.add_argument(
                "--dry-run", action="store_true", help="list the turns, and remove nothing"
            )
            one.add_argument(
                "--force",
                action="store_true",
                help="remove them even if code makes some of the prompts, or no prompt is recorded",
            )
        one.set_defaults(action=lambda choice, action=action: _run(action, choice))


def _run(action: Any, choice: argparse.Namespace) -> int:
    try:
        steps = steps_in(read_cells(choice.notebook))
        folder = find_recording(choice.notebook, lambda one: _answers_first(steps, one))
        status: int = action(choice, folder, forecast(steps, folder))
        return status
    except (NotebookError, RecordingError) as error:
        print(f"error: {exact_line(str(error))}", file=sys.stderr)
        return 1


def _answers_first(steps: Any, folder: RecordingFolder) -> bool:
    try:
        return answers_first(steps, folder)
    except RecordingError:
        return False  # another notebook's, perhaps


def _check(choice: argparse.Namespace, folder: RecordingFolder, made: Forecast) -> int:
    failed = made.of("stale", "asked")
    if choice.json:
        print(json.dumps(_data(folder, made), ensure_ascii=False, indent=2))
        return 1 if failed else 0
    for turn in failed:
        state = "stale" if turn.state == "stale" else "missing"
        print(f"cell {turn.cell}: {state}: {short(turn.prompt)} ({why(turn)})")
    print(f"{exact_line(folder.path.name)}: {summary(made)}")
    if made.foreign:
        print(f"{exact_line(folder.path.name)} and this notebook have no prompt in common")
    return 1 if failed else 0


def _data(folder: RecordingFolder, made: Forecast) -> dict[str, Any]:
    return {
        "recording": folder.path.name,
        "ok": not made.of("stale", "asked"),
        "cost_usd": round(made.cost_usd, 6),
        "turns": [
            {
                "cell": turn.cell,
                "prompt": turn.prompt,
                "state": "missing" if turn.state == "asked" else turn.state,
                "reasons": list(turn.reasons),
                "file": turn.file,
                "cost_usd": round(turn.cost_usd, 6),
            }
            for turn in made.turns
        ],
        "unused": [folder.file_name(turn.key) for turn in made.unused],
    }


def _prune(choice: argparse.Namespace, folder: RecordingFolder, made: Forecast) -> int:
    if not made.unused:
        print(f"{exact_line(folder.path.name)} has no turn that no prompt asks for")
        return 0
    # With --dry-run the user wants to see what would go.
    refused = "" if choice.force or choice.dry_run else _refusal(made)
    if refused:
        raise NotebookError(f"Nothing was removed: {refused}. To remove them all the same: --force")
    for turn in made.unused:
        print(f"{folder.file_name(turn.key)}: {short(turn.asked.prompt)}")
    many = len(made.unused)
    turns = f"{many} recorded turn{'s' if many > 1 else ''}"
    if choice.dry_run:
        print(f"{turns} would be removed")
        return 0
    folder.remove({turn.key for turn in made.unused})
    print(f"{turns} removed")
    return 0


def _refusal(made: Forecast) -> str:
    if made.of("unknown"):
        cells = ", ".join(sorted({str(turn.cell) for turn in made.of("unknown")}, key=int))
        return f"code makes prompts (cell {cells}), and only running tells which turns they need"
    if made.foreign or not made.turns:
        return "the notebook and the recording have no prompt in common"
    return ""


def _diff(choice: argparse.Namespace, folder: RecordingFolder, made: Forecast) -> int:
    stale = made.of("stale")
    for turn in stale:
        print("\n".join(_difference(turn, folder)))
    if not stale:
        print(f"{exact_line(folder.path.name)}: no stale turn; {summary(made)}")
    return 1 if stale else 0


def _difference(turn: ForecastTurn, folder: RecordingFolder) -> list[str]:
    recorded = "" if turn.recorded is None else turn.recorded.asked.prompt
    prompt = turn.prompt or ""
    lines = [f"cell {turn.cell}: {why(turn)}"]
    if recorded.strip() != prompt.strip():
        name = f"{folder.path.name}/{turn.file}"
        compared = difflib.unified_diff(
            _lines(recorded), _lines(prompt), name, f"cell {turn.cell}", lineterm=""
        )
        lines += [exact(line) for line in compared]
    elif turn.state == "stale":
        lines.append(f"  the prompt is as recorded: {short(prompt)}")
    return [*lines, ""]


def _lines(prompt: str) -> list[str]:
    return prompt.replace("\r\n", "\n").strip().split("\n")
