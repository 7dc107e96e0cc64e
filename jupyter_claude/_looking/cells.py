"""Shows single cells, and what they showed."""

from __future__ import annotations

from collections.abc import Iterator

from .._text import exact_line, without_escapes
from .look import WITHHELD, Picture
from .record import CellRecord, Output
from .sight import Sight
from .sources import shown_source

_OUTPUT, _PRINTED, _TRACEBACK = 4_000, 4_000, 8_000
_MOST_PICTURE = 3_700_000  # bytes of a picture that the model may get


def cell_name(cell: CellRecord) -> str:
    """Return how the user names a cell."""
    name = f"In[{cell.number}]" if cell.number else "A cell without a number"
    name = name if cell.ended else "The cell that runs now"
    return f"{name} (a prompt to Claude)" if cell.is_prompt else name


def source_of(cell: CellRecord, sight: Sight) -> str:
    """Return a cell's source, of a prompt only the beginning."""
    name = f"In[{cell.number}]"
    if cell.is_prompt:
        return sight.text(cell.source, name, 500)
    return shown_source(cell.source, sight, name)


def error_text(cell: CellRecord, sight: Sight) -> str:
    """Return a cell's error with its traceback."""
    text = without_escapes(cell.traceback) or cell.error
    name = f"the error of In[{cell.number}]"
    if hidden := sight.keeps_back_cell(cell.source, name):
        return f"{cell_name(cell)} failed: {exact_line(cell.error)[:80]} {_hides(hidden)}"
    return f"{cell_name(cell)} failed:\n{sight.end(text, name, _TRACEBACK)}"


def output_parts(cell: CellRecord, output: Output | str, sight: Sight) -> Iterator[str | Picture]:
    """Return the text and the picture of an output."""
    name = f"an output of In[{cell.number}]"
    if hidden := sight.keeps_back_cell(cell.source, name):
        yield f"{cell_name(cell)} showed {_hides(hidden)}"
        return
    if isinstance(output, str):
        yield f"{cell_name(cell)} printed:\n{sight.end(output, name, _PRINTED)}"
        return
    kinds = ", ".join(exact_line(kind)[:60] for kind in output.kinds[:6])
    text = sight.text(without_escapes(output.text), name, _OUTPUT)
    yield f"{cell_name(cell)} showed ({kinds}):\n{text}".rstrip()
    if output.picture is not None and len(output.picture.data) > _MOST_PICTURE:
        yield f"(its picture of {len(output.picture.data):,} bytes is too large)"
    elif output.picture is not None:
        yield output.picture
    elif output.dropped:
        yield "(its picture is no longer kept)"


def _hides(name: str) -> str:
    return f"{WITHHELD}, because its code uses {exact_line(name)[:60]}, which the user hides"
