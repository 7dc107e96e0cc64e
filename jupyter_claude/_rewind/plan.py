"""`RewindPlan`: what a rewind would change, or has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._display import shown
from .._names import to_show
from .._text import exact_line, one_line

if TYPE_CHECKING:
    from .._turns.turn import Turn

Action = Literal["restore", "create", "delete"]

_LISTED = 20  # the most files, and lines, in the plan's text
_NAMED = 5  # the most variables in its title


@dataclass
class FileChange:
    """One file, or one cell of an open notebook, that a rewind changes.

    Attributes
    ----------
    path : str
        The file, absolute. For a cell it is the notebook's file, ``#`` and the cell's id.
    action : {"restore", "create", "delete"}
        The file gets its old content, comes back, or is deleted because it did not exist.
    insertions, deletions : int
        How many lines this adds and removes; 0 if the file is no text.
    diff : str
        The change as a unified diff, from now to then.
    changed_by_you : bool or None
        Whether the user changed it after Claude last wrote it; None if that is not known.
    chosen : bool
        Whether the rewind changes it. A rewind leaves files alone that the user changed, or
        perhaps changed, unless ``include`` names them. A missing file always comes back, since
        nothing is lost.
    label : str
        What people call a cell; "" for a file.
    """

    path: str
    action: Action
    insertions: int = 0
    deletions: int = 0
    diff: str = field(default="", repr=False)
    changed_by_you: bool | None = False
    chosen: bool = True
    label: str = ""
    _states: tuple[str, str] = field(default=("", ""), repr=False)  # fingerprints of now and then

    def name(self, folder: str) -> str:
        """Return the path, relative to `folder` if it is inside; or the cell's label."""
        if self.label:
            return self.label
        inside = self.path.startswith(folder.rstrip(os.sep) + os.sep)
        return to_show(os.path.relpath(self.path, folder) if inside else self.path)

    def shown_diff(self, folder: str) -> str:
        """Return the diff, with the file's name as `name` gives it."""
        lines = self.diff.split("\n", 2)
        path, name = exact_line(to_show(self.path)), exact_line(self.name(folder))
        lines[:2] = [line.replace(path, name, 1) for line in lines[:2]]
        return "\n".join(lines)


@dataclass(repr=False)
class RewindPlan:
    """What a rewind to before a turn changes. A dry run changes nothing.

    Attributes
    ----------
    turn : Turn or None
        The files and the conversation go back to before this turn.
    can_rewind : bool
        Whether it is possible; ``reason`` says why not.
    reason : str
        Why it is not possible, or a remark on the result.
    files : list of FileChange
        The files that change, and the cells of the open notebook.
    turns_dropped : list of Turn
        The turns that the conversation loses; a branch keeps them.
    turns_back : int
        How many turns an undo brings back.
    irreversible : list of str
        What the rewind cannot restore, in one line each.
    variables : list of str
        The variables of the kernel that get their earlier values back.
    done : bool
        Whether the rewind is done.
    can_undo : bool
        Whether `undo_rewind` can undo it.
    undo : bool
        Whether this plan is for an undo.
    saved : str
        The folder with the files' old state.
    """

    turn: Turn | None
    can_rewind: bool = True
    reason: str = ""
    files: list[FileChange] = field(default_factory=list)
    turns_dropped: list[Turn] = field(default_factory=list)
    irreversible: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    done: bool = False
    can_undo: bool = False
    undo: bool = False
    turns_back: int = 0
    saved: str = ""
    folder: str = ""
    _number: int = 0  # the turn's position, also if the turn is no longer known

    @property
    def chosen(self) -> list[FileChange]:
        """The files and cells that the rewind changes."""
        return [file for file in self.files if file.chosen]

    @property
    def title(self) -> str:
        """The plan in one line."""
        return self._title(f"before turn {self._target}")

    @property
    def slider_title(self) -> str:
        """The plan in one line, in the slider's words."""
        before = self._target - 1
        return self._title(f"after turn {before}" if before > 0 else "before the first turn")

    @property
    def _target(self) -> int:
        return self._number or (self.turn.number if self.turn else 0)

    def _title(self, target: str) -> str:
        if self.undo:
            what = "Undone" if self.done else "Undo"
            where = f"{what}: rewind" + (f" to {target}" if self._target else "")
        else:
            where = f"{'Rewound' if self.done else 'Rewind'} to {target}"
        if not self.can_rewind:
            return f"{where}: not possible. {self.reason}"
        parts = [f"{what}{_lines(some)}" for what, some in _kinds(self.chosen)]
        left = [file for file in self.files if not file.chosen]
        parts += [f"{what} left alone" for what, _ in _kinds(left)]
        dropped = self.turns_dropped
        leave = "removed" if self.done else "are removed" if len(dropped) != 1 else "is removed"
        parts.append(f"{_count(dropped, 'turn')} {leave}" if dropped else "")
        come = "came" if self.done else "come" if self.turns_back != 1 else "comes"
        back = range(self.turns_back)
        parts.append(f"{_count(back, 'turn')} {come} back" if back else "")
        values = self.variables
        verb = "came" if self.done else "come" if len(values) != 1 else "comes"
        named = f"({exact_line(', '.join(values[:_NAMED]))}{', …' if len(values) > _NAMED else ''})"
        parts.append(f"{_count(values, 'variable')} {verb} back {named}" if values else "")
        return f"{where}: {', '.join(part for part in parts if part) or 'nothing changes'}"

    @property
    def losses(self) -> str:
        """The heading of the lines in ``irreversible``."""
        return "What is overwritten" if self.undo else "What cannot come back"

    def __repr__(self) -> str:
        lines = [self.title]
        lines += [f"  {self._line(file)}" for file in self.files[:_LISTED]]
        if len(self.files) > _LISTED:
            lines.append(f"  … and {len(self.files) - _LISTED} more files")
        if self.variables:
            lines.append(f"  variables: {', '.join(self.variables[:_LISTED])}")
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


def _kinds(files: list[FileChange]) -> Iterator[tuple[str, list[FileChange]]]:
    """Yield files and cells, each if there are any, with their number in words."""
    for name in ("file", "cell"):
        some = [file for file in files if bool(file.label) == (name == "cell")]
        if some:
            yield _count(some, name), some


def _lines(files: list[FileChange]) -> str:
    return f" (+{sum(f.insertions for f in files)} −{sum(f.deletions for f in files)})"
