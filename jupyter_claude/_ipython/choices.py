"""What ``%claude model`` and ``%claude mode`` tell."""

from __future__ import annotations

from collections.abc import Iterable

from .._engine.modes import Choice
from .._tables import Column, Report, Table
from .._text import one_line


def choice_report(line: str, command: str, choices: Iterable[Choice]) -> Report:
    """Return the present choice as a line, and all choices with what to type for each."""
    rows = [
        (
            one_line(choice["label"]),
            one_line(choice["description"]),
            f"%claude {command} {one_line(choice['value']) or 'default'}",
        )
        for choice in choices
    ]
    columns = (Column(command, "name"), Column("what it is"), Column("to choose it, type", "code"))
    return Report(line, Table(f"The {command}s", columns, rows))
