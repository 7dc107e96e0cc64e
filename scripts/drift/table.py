"""Shows the differences, and then one table of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

SHOWN = 60  # differences of one part


@dataclass(frozen=True)
class Part:
    """What one comparison found. `changes` has a line for each thing that drifted."""

    name: str
    pinned: str
    newest: str
    changes: Sequence[object] = field(default_factory=list)
    looked_at: str = ""

    @property
    def drifted(self) -> bool:
        """Whether anything is not as we know it."""
        return bool(self.changes)

    @property
    def result(self) -> str:
        """The result in a word or two."""
        return f"DRIFT: {len(self.changes)}" if self.drifted else "same"


def details(parts: Sequence[Part]) -> str:
    """Return the lines of each part that drifted."""
    lines: list[str] = []
    for part in parts:
        if part.drifted:
            lines += ["", f"== {part.name}, {part.pinned} → {part.newest}"]
            lines += [f"  {change}" for change in part.changes[:SHOWN]]
            if len(part.changes) > SHOWN:
                lines.append(f"  … and {len(part.changes) - SHOWN} more")
    return "\n".join(lines)


def table(parts: Sequence[Part]) -> str:
    """Return the table, with a row for each part."""
    rows = [("part", "pinned", "newest", "looked at", "result")]
    rows += [(each.name, each.pinned, each.newest, each.looked_at, each.result) for each in parts]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def status(parts: Sequence[Part]) -> int:
    """Return the exit status: 1 if anything drifted."""
    return 1 if any(part.drifted for part in parts) else 0
