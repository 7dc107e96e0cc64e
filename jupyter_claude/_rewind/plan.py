"""What a rewind would do, or has done: `RewindPlan` and its files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._display import shown
from .._names import to_show
from .._text import exact_line, one_line

if TYPE_CHECKING:
    from .._turns.turn import Turn

Action = Literal["restore", "create", "delete"]

_LISTED = 20  # files, and lines, that the plan's own text lists


@dataclass
class FileChange:
    """One file that a rewind changes.

    Attributes
    ----------
    path : str
        The file, absolute.
    action : {"restore", "create", "delete"}
        It gets its old content, comes back, or goes because it did not exist.
    insertions, deletions : int
        Lines that this adds and takes away; 0 for what is no text.
    diff : str
        The change as a unified diff, from now to then.
    changed_by_you : bool or None
        Whether it was changed since Claude last wrote it; None if that is not known.
    chosen : bool
        Whether the rewind changes it. What was changed by you, or may have been, is left alone
        unless it is named in ``include``; a file that is gone comes back, since nothing is lost.
    """

    path: str
    action: Action
    insertions: int = 0
    deletions: int = 0
    diff: str = field(default="", repr=False)
    changed_by_you: bool | None = False
    chosen: bool = True
    _states: tuple[str, str] = field(default=("", ""), repr=False)  # marks of now and then

    def name(self, folder: str) -> str:
        """Return the path as people write it in `folder`."""
        inside = self.path.startswith(folder.rstrip(os.sep) + os.sep)
        return to_show(os.path.relpath(self.path, folder) if inside else self.path)

    def shown_diff(self, folder: str) -> str:
        """Return the diff with the file named as people write it in `folder`."""
        lines = self.diff.split("\n", 2)
        path, name = exact_line(to_show(self.path)), exact_line(self.name(folder))
        lines[:2] = [line.replace(path, name, 1) for line in lines[:2]]
        return "\n".join(lines)


@dataclass(repr=False)
class RewindPlan:
    """What going back to before a turn changes. From a dry run nothing was changed.

    Attributes
    ----------
    turn : Turn or None
        The turn; the files and the conversation go back to before it.
    can_rewind : bool
        Whether it is possible; ``reason`` says why not.
    reason : str
        Why it is not possible, or what to know about how it went.
    files : list of FileChange
        The files that change.
    turns_dropped : list of Turn
        The turns that leave the conversation, for a branch.
    turns_back : int
        How many turns come back into the conversation, by undoing.
    irreversible : list of str
        What does not come back, a line for each.
    done : bool
        Whether it was done.
    can_undo : bool
        Whether `undo_rewind` can undo it.
    undo : bool
        Whether this is what undoing a rewind changes.
    saved : str
        The folder with the state of the files before.
    """

    turn: Turn | None
    can_rewind: bool = True
    reason: str = ""
    files: list[FileChange] = field(default_factory=list)
    turns_dropped: list[Turn] = field(default_factory=list)
    irreversible: list[str] = field(default_factory=list)
    done: bool = False
    can_undo: bool = False
    undo: bool = False
    turns_back: int = 0
    saved: str = ""
    folder: str = ""
    _number: int = 0  # the turn's place, also where the turn itself is not known any more

    @property
    def chosen(self) -> list[FileChange]:
        """The files that are not left alone."""
        return [file for file in self.files if file.chosen]

    @property
    def title(self) -> str:
        """The plan in one line."""
        return self._title(f"before turn {self._place}")

    @property
    def slider_title(self) -> str:
        """The plan in one line, with the place as the slider names it."""
        before = self._place - 1
        return self._title(f"after turn {before}" if before > 0 else "before the first turn")

    @property
    def _place(self) -> int:
        return self._number or (self.turn.number if self.turn else 0)

    def _title(self, place: str) -> str:
        if self.undo:
            what = "Undone" if self.done else "Undo"
            where = f"{what}: rewind" + (f" to {place}" if self._place else "")
        else:
            where = f"{'Rewound' if self.done else 'Rewind'} to {place}"
        if not self.can_rewind:
            return f"{where}: not possible. {self.reason}"
        parts = [f"{_count(self.chosen, 'file')}{_lines(self.chosen)}" if self.chosen else ""]
        left = [file for file in self.files if not file.chosen]
        parts.append(f"{_count(left, 'file')} left alone" if left else "")
        dropped = self.turns_dropped
        leave = "left" if self.done else "leave" if len(dropped) != 1 else "leaves"
        parts.append(f"{_count(dropped, 'turn')} {leave} the conversation" if dropped else "")
        come = "came" if self.done else "come" if self.turns_back != 1 else "comes"
        back = range(self.turns_back)
        parts.append(f"{_count(back, 'turn')} {come} back" if back else "")
        return f"{where}: {', '.join(part for part in parts if part) or 'nothing changes'}"

    @property
    def losses(self) -> str:
        """What the lines of ``irreversible`` are about."""
        return "What is overwritten" if self.undo else "What cannot come back"

    def __repr__(self) -> str:
        lines = [self.title]
        lines += [f"  {self._line(file)}" for file in self.files[:_LISTED]]
        if len(self.files) > _LISTED:
            lines.append(f"  … and {len(self.files) - _LISTED} more files")
        if self.irreversible:
            lines.append(f"{self.losses}:")
            lines += [f"  {line}" for line in self.irreversible[:_LISTED]]
            if len(self.irreversible) > _LISTED:
                lines.append(f"  … and {len(self.irreversible) - _LISTED} more")
        if self.reason and self.can_rewind:
            lines.append(self.reason)
        return "\n".join(lines)

    def _repr_html_(self) -> str | None:
        html: str | None = shown(self)
        return html

    def _line(self, file: FileChange) -> str:
        name = one_line(file.name(self.folder))
        line = f"{file.action} {name} +{file.insertions} −{file.deletions}"
        if file.changed_by_you:
            line += ", changed by you"
        elif file.changed_by_you is None:
            line += ", perhaps changed by you"
        return line if file.chosen else f"{line}: left alone"


def _count(things: Iterable[Any], name: str) -> str:
    number = len(list(things))
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _lines(files: list[FileChange]) -> str:
    return f" (+{sum(f.insertions for f in files)} −{sum(f.deletions for f in files)})"
