"""Which replay mode counts, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from .._settings import replay_runs

Mode = Literal["off", "auto", "only", "record"]

MODES: tuple[Mode, ...] = ("off", "auto", "only", "record")
#: The environment variable that chooses the mode.
VARIABLE = "JUPYTER_CLAUDE_REPLAY"
#: What the user can do where nobody chose the mode by name.
HOW_TO_ASK = f"to ask Claude: %claude replay record, or {VARIABLE}=record"
#: What the user can do if the notebook or script chose it: the variable does not count then.
HOW_TO_CHANGE = 'to ask Claude, change this to "record"'
_RUNS = "to ask Claude, run the notebook in another way"
#: What the modes mean, in words.
MEANS: dict[str, str] = {
    "off": "all prompts are asked, and nothing is recorded",
    "auto": "recorded answers are replayed; new prompts are asked and recorded",
    "only": "recorded answers are replayed; nothing is ever asked",
    "record": "all prompts are asked and recorded anew",
}


@dataclass(frozen=True)
class Choice:
    """A mode, and why it counts.

    Attributes
    ----------
    mode : Mode
        The mode.
    why : str
        What chose it, in words.
    problem : str
        What is wrong with the choice; "" if nothing is. Then nothing may be asked.
    how : str
        What the user can do to ask Claude.
    """

    mode: Mode
    why: str
    problem: str = ""
    how: str = HOW_TO_ASK


def chosen(
    setting: str,
    recordings: str,
    *,
    headless: bool,
    found: bool,
    foreign: bool = False,
    made: Choice | None = None,
) -> Choice:
    """Return the mode that counts.

    Parameters
    ----------
    setting : str
        The setting ``replay``.
    recordings : str
        What the recording says of the notebook: "auto", "off", or "" for nothing.
    headless : bool
        Whether nobody can be asked.
    found : bool
        Whether there is a recording.
    foreign : bool, default False
        Whether there are recordings, and none of them is this notebook's.
    made : Choice, optional
        What set the setting in this kernel; something else may have set it since.
    """
    if replay_runs():
        return Choice("only", "jupyter-claude replay run", how=_RUNS)
    if setting != "default":
        if made is not None and made.mode == setting:
            return made
        return Choice(_mode(setting), "the setting ClaudeMagics.replay", how=HOW_TO_CHANGE)
    if variable := variable_mode():
        if variable not in MODES:
            wrong = f"{VARIABLE} is {variable[:40]!r}; it takes {', '.join(MODES)}"
            return Choice("only", VARIABLE, wrong)
        return Choice(_mode(variable), VARIABLE)
    if found and recordings:
        return Choice(_mode(recordings), "the notebook's own choice")
    if found and headless:
        return Choice("auto", "there is a recording, and nobody can be asked")
    if foreign and headless:  # the notebook may have lost its recording: nobody sees what is spent
        return Choice("only", "no recording there is this notebook's; off asks Claude")
    return Choice("off", "nobody turned it on")


def variable_mode() -> str:
    """Return what the environment variable says, which may be wrong; "" for nothing."""
    variable = os.environ.get(VARIABLE, "").strip().lower()
    return "" if variable == "default" else variable


def mode_named(name: str | None) -> Mode | None:
    """Return the mode with this name; None if there is none."""
    for mode in MODES:
        if mode == name:
            return mode
    return None


def _mode(name: str) -> Mode:
    mode = mode_named(name)
    assert mode is not None
    return mode
