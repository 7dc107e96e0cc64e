"""The practice model's script: replies on a local port for the real CLI.

It plays what the views and commands offer by themselves, and the prompts of the tutorial and of the
example notebooks.
To any other prompt it answers with prompts that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import Reply, ScriptedModel

from .._settings import PRACTICE
from . import analysis, cells, project, talk, tour, tutorial, work
from .asked import Asked
from .replies import Play, say
from .rows import RowAnswers

LABEL = PRACTICE

#: The first rule whose pattern is found in a prompt answers it. The first ones are for prompts that
#: contain somebody else's words: of a cell, or of the whole conversation.
_RULES: list[tuple[str, Play]] = [
    talk.compacting(),
    tutorial.fixing(),
    *cells.rules(),
    *tour.rules(),
    *tutorial.rules(),
    *analysis.rules(),
    *work.rules(),
    *project.rules(),
    *talk.rules(),
]


def start(folder: Path | None = None) -> ScriptedModel:
    """Start the practice model.

    Parameters
    ----------
    folder : Path, optional
        The CLI's working folder, for its files. Each request usually names it too.

    Returns
    -------
    ScriptedModel
        The running model. Close it at the end.
    """
    rows = RowAnswers()

    def answer(body: Mapping[str, Any]) -> Reply:
        asked = Asked(body, folder)
        return rows.reply(asked) or reply(asked)

    return ScriptedModel(answer).start()


def reply(asked: Asked) -> Reply:
    """Return the next reply to a request."""
    notice = asked.after_notice()
    if notice is not None:
        return work.after_notice(notice)
    for pattern, play in _RULES:
        if re.search(pattern, asked.prompt):
            return play(asked)
    if asked.number:
        return say("That is all that I can do here.")
    return talk.only_practice(asked)
