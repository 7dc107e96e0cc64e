"""Shows a rewind plan as HTML without scripts, like the live view."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .._text import exact, exact_line, one_line
from . import formulas
from .protocol import shown_diff
from .static import BORDER, EXACT, MUTED, declared, diff_html

if TYPE_CHECKING:
    from .._rewind.plan import FileChange, RewindPlan

_LISTED = 20  # of files, turns and lines
_DIFF = (
    f"{EXACT};margin:0;padding:6px 10px;white-space:pre-wrap;overflow-wrap:anywhere;"
    "background:var(--jc-fill);color:var(--jc-text);"
    "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
)


def html(plan: RewindPlan) -> str:
    """Return a plan as HTML."""
    parts = [
        f'<div role="group" aria-label="Rewind plan" class="{formulas.IGNORE}" '
        'style="max-width:72em;line-height:1.5">',
        f'<div style="font-weight:600">{escape(one_line(plan.title))}</div>',
    ]
    if plan.files:
        rows = [
            _file(plan, change, shown_diff(change.shown_diff(plan.folder)))
            for change in plan.files[:_LISTED]
        ]
        rows += _more(len(plan.files), "files")
        parts.append(
            f'<div style="margin:6px 0;border:{BORDER};border-radius:6px;overflow:hidden">'
            f"{''.join(rows)}</div>"
        )
    leave = "were" if plan.done else "would be"
    parts += _list(
        f"Turns that {leave} removed",
        [f"Turn {turn.number}: {turn.prompt[:120]}" for turn in plan.turns_dropped],
        "margin:6px 0",
    )
    parts += _list(
        plan.losses,
        plan.irreversible,
        "margin:6px 0;padding-left:10px;border-left:3px solid var(--jc-warn)",
    )
    if plan.reason and plan.can_rewind:
        parts.append(f'<div style="margin:6px 0">{escape(one_line(plan.reason))}</div>')
    return declared("".join([*parts, "</div>"]))


def _file(plan: RewindPlan, change: FileChange, diff: str) -> str:
    name = escape(exact_line(change.name(plan.folder)))
    about = {True: "changed by you", None: "perhaps changed by you", False: ""}
    notes = [about[change.changed_by_you], "" if change.chosen else "left alone"]
    note = escape(", ".join(filter(None, notes)))
    shown = f'<pre style="{_DIFF}">{diff_html(exact(diff))}</pre>' if diff else ""
    return (
        '<details style="padding:2px 10px"><summary>'
        # A box inside the summary: as a flex box, the summary itself would lose its triangle.
        '<span style="display:inline-flex;flex-wrap:wrap;width:calc(100% - 1.5em);gap:0 8px;'
        f'vertical-align:top"><span style="{MUTED}">{change.action}</span> '
        f'<code style="min-width:0;overflow-wrap:anywhere;{EXACT}">{name}</code> '
        f'<em style="{MUTED}">{note}</em> '
        f'<span style="margin-left:auto">+{change.insertions} −{change.deletions}</span>'
        f"</span></summary>{shown}</details>"
    )


def _list(title: str, lines: list[str], style: str) -> list[str]:
    if not lines:
        return []
    items = [f"<li>{escape(one_line(line))}</li>" for line in lines[:_LISTED]]
    items += _more(len(lines), "lines", "li")
    return [
        f'<div role="group" aria-label="{title}" style="{style}"><div>{title}</div>'
        f'<ul style="margin:0">{"".join(items)}</ul></div>'
    ]


def _more(count: int, of: str, tag: str = "div") -> list[str]:
    return [f"<{tag}>… and {count - _LISTED} more {of}</{tag}>"] if count > _LISTED else []
