"""Reads the code of a notebook's file, and finds the recording beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import RecordingFolder

from .._text import one_line
from .place import find_place, recording_of

#: What jupytext reads as a notebook, besides its JSON.
_TEXTS = (".py", ".md")


class NotebookError(Exception):
    """A notebook cannot be read, or has no recording. The message is one line."""


def read_cells(notebook: Path) -> list[str | None]:
    """Return the source of each cell; None for a cell without code.

    Raises
    ------
    NotebookError
        If the file is missing, is no notebook, or needs a package that is not installed.
    """
    if notebook.suffix in _TEXTS:
        data = _by_jupytext(notebook)
    elif notebook.suffix == ".ipynb":
        try:
            data = json.loads(_text_of(notebook))
        except (ValueError, RecursionError):
            data = None
    else:
        raise NotebookError(f"{notebook.name} is no notebook: give an .ipynb, .py or .md file")
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError(
            f"{notebook.name} is no notebook that can be read (nbformat 4, valid JSON). "
            "Open it in Jupyter, and save it"
        )
    return [_source(cell) if cell.get("cell_type") == "code" else None for cell in cells]


def find_recording(
    notebook: Path, answers_first: Callable[[RecordingFolder], bool]
) -> RecordingFolder:
    """Return the recording of a notebook.

    It is found as in a kernel. Of several recordings it is the only one that has an answer to the
    notebook's first prompt.

    Parameters
    ----------
    notebook : Path
        The notebook's file. It need not exist.
    answers_first : callable
        Whether a recording has an answer to the notebook's first prompt.

    Raises
    ------
    NotebookError
        If there is none. The message says where it looked.
    """
    place = find_place(str(notebook.absolute()), notebook.parent)
    found = [RecordingFolder(path) for path in place.found]
    fitting = found if len(found) == 1 else [one for one in found if answers_first(one)]
    if len(fitting) == 1:
        return fitting[0]
    looked = f"there is no {recording_of(notebook).name} beside it"
    if found:
        names = ", ".join(one_line(one.path.name) for one in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        which = "several of" if fitting else "none of"
        looked += f", and {which} {names}{more} can be told to be its recording"
    raise NotebookError(f"{notebook.name} has no recording: {looked}")


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    lines: Sequence[Any] = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))


def _text_of(notebook: Path) -> str:
    try:
        return notebook.read_text("utf-8")
    except FileNotFoundError:
        raise NotebookError(f"{notebook} does not exist") from None
    except UnicodeDecodeError:
        raise NotebookError(f"{notebook.name} is no UTF-8 text") from None
    except OSError as error:
        raise NotebookError(f"{notebook.name} cannot be read: {error.strerror}") from None


def _by_jupytext(notebook: Path) -> Any:
    text = _text_of(notebook)
    try:
        jupytext: Any = import_module("jupytext")
    except ImportError:
        raise NotebookError(
            f"To read {notebook.name}, install jupytext (pip install jupytext), "
            "or give the .ipynb file"
        ) from None
    try:
        return jupytext.reads(text, fmt=notebook.suffix[1:])
    except Exception as error:  # of many kinds
        why = one_line(str(error))[:200]
        raise NotebookError(f"jupytext cannot read {notebook.name}: {why}") from None
