"""What `%claude replay` says: the mode, the recording, and how much is recorded."""

from __future__ import annotations

from pathlib import Path

from .._tables import Report
from .._text import one_line
from .._turns.errors import ClaudeError
from .mode import MEANS, Choice
from .source import HOW_TO_NAME, HOW_TO_RECORD, RecordingSource


def status_lines(source: RecordingSource) -> list[str]:
    """Return the state of record and replay, in lines.

    Raises
    ------
    ClaudeError
        If the mode's name is wrong, or the recording is damaged.
    """
    choice = source.choice
    if choice.problem:
        raise ClaudeError(choice.problem)
    return [
        f"Replay: {choice.mode} ({choice.why}); {MEANS[choice.mode]}",
        _recorded(source, choice),
    ]


def ahead_report(source: RecordingSource, notebook: str | None) -> Report | None:
    """Return what a run of the saved notebook would replay and ask; None if that is not known.

    Raises
    ------
    ClaudeError
        If the recording is damaged.
    """
    from jupyter_claude_sdk.lowlevel import RecordingError

    from .cells import steps_in
    from .forecast import forecast, forecast_report
    from .notebook_file import NotebookError, read_cells

    folder = source.folder
    if folder is None or not folder.exists or notebook is None:
        return None
    try:
        made = forecast(steps_in(read_cells(Path(notebook))), folder)
    except NotebookError:
        return None
    except RecordingError as error:
        raise ClaudeError(str(error)) from None
    return forecast_report(made, source.mode, folder.path.name)


def _recorded(source: RecordingSource, choice: Choice) -> str:
    from jupyter_claude_sdk.lowlevel import RecordingError

    folder, place = source.folder, source.place
    if folder is None and len(place.found) > 1:
        names = ", ".join(path.name for path in place.found[:5])
        return f"Recordings: {names}; the first prompt decides which one is this notebook's"
    if folder is None:
        how = HOW_TO_RECORD if choice.mode == "record" else HOW_TO_NAME
        return f"Recording: none ({place.words}); {how}"
    if not folder.exists:
        return f"Recording: none yet; it will be {folder.path}"
    try:
        turns = folder.turns
        days = sorted({day for key in turns if (day := folder.day(key))})
    except RecordingError as error:
        raise ClaudeError(str(error)) from None
    count = "1 turn" if len(turns) == 1 else f"{len(turns)} turns"
    when = f", {days[0]} to {days[-1]}" if len(days) > 1 else f", {days[0]}" if days else ""
    return one_line(f"Recording: {folder.path} ({count}{when})")
