"""Shows the cells of Claude's code without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from .._text import exact, one_line
from . import code, formulas
from .static import EXACT, MUTED, declared

if TYPE_CHECKING:
    from .._turns.code_cells import CodeCells

_CELL = (
    f"{EXACT};margin:6px 0;padding:6px 8px;white-space:pre-wrap;overflow-wrap:anywhere;"
    "border-radius:4px;background:var(--jc-fill);color:var(--jc-text);"
    "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
)


def bundle(cells: CodeCells) -> dict[str, Any]:
    """Return cells as ``text/html`` and ``text/plain``."""
    return {"text/html": html(cells), "text/plain": exact(str(cells)) or repr(cells)}


def html(cells: CodeCells) -> str:
    """Return cells as HTML."""
    parts = [f'<div role="group" aria-label="Code that Claude ran" class="{formulas.IGNORE}">']
    for cell in cells:
        if why := cell["metadata"].get("jupyter_claude", {}).get("why"):
            parts.append(f'<div style="{MUTED}">{escape(one_line(why))}</div>')
        shown = code.highlighted(exact(cell["source"]), "python")
        parts.append(f'<pre style="{_CELL}">{shown}</pre>')
    if not len(cells):
        parts.append(f'<div style="{MUTED}">This turn ran no code.</div>')
    return declared("".join([*parts, "</div>"]))
