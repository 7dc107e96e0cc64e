"""Plans a rewind: which files change, from what to what, and what stays."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .._kernel_tools.texts import LOOKING
from .._names import to_show, to_system
from .._text import exact_line, one_line
from .._turns.diffs import line_kinds, unified
from .._turns.items import RUN_CODE
from .._turns.turn import Turn
from .._turns.written_files import FILE_TOOLS, canonical_path, file_of
from .cells import CELL_TOOLS
from .claude_writes import FileFingerprints
from .cli_checkpoints import Backup, Recorded
from .file_states import NOTHING, State, content, look
from .plan import FileChange

#: The tools of our servers that change nothing.
_CHANGE_NOTHING = LOOKING | {"mcp__notebook__read_cells", "mcp__answer__give"}
_LARGEST = 2_000_000  # bytes; the lines of a larger file are not compared


@dataclass
class Change:
    """One file of a plan, with its present and its new state."""

    shown: FileChange
    now: State
    then: State


@dataclass
class FilePlan:
    """The files of a plan, and what cannot come back."""

    changes: list[Change] = field(default_factory=list)
    irreversible: list[str] = field(default_factory=list)
    reason: str = ""  # why a rewind is not possible


# --- which checkpoint -------------------------------------------------------------------------


def checkpoint_of(
    turns: Sequence[Turn], checkpoints: Recorded | None, folder: str
) -> tuple[dict[str, Backup], str]:
    """Return the files as they were before the first of `turns`, or why they are not known.

    A turn that wrote no file needs no checkpoint: that of the next turn is the same.
    """
    for turn in turns:
        backups = checkpoints.before(turn.id) if checkpoints is not None else None
        if backups is not None:
            return backups, ""
        if any(call.state == "done" and call.name in FILE_TOOLS for call in turn.tools):
            return {}, (
                f"Turn {turn.number} has no file checkpoint; "
                "rewind(…, files=False) rewinds only the conversation"
            )
    return {}, ""


# --- files ------------------------------------------------------------------------------------


def plan_files(
    turns: Sequence[Turn],
    checkpoints: Recorded | None,
    fingerprints: FileFingerprints,
    folder: str,
    include: Iterable[str] = (),
    watched: Collection[str] = (),
) -> FilePlan:
    """Plan how to restore the files from before the first of `turns`. Change nothing.

    Parameters
    ----------
    turns : sequence of Turn
        That turn and all later ones.
    checkpoints : Recorded or None
        The checkpoints in the session's transcript.
    fingerprints : FileFingerprints
        What Claude last wrote.
    folder : str
        The folder in which Claude works.
    include : iterable of str
        Absolute paths of files to change although the user changed them.
    watched : collection of str, optional
        The ids of the turns whose changes of cells are known.
    """
    backups, reason = checkpoint_of(turns, checkpoints, folder)
    plan = FilePlan(reason=reason)
    if reason:
        return plan
    chosen = set(include)
    for path in sorted(backups):
        try:
            change = _change(backups[path], checkpoints, fingerprints, chosen)
        except OSError as error:
            why = error.strerror or str(error)
            plan.irreversible.append(f"{_name(path, folder)} stays as it is: {one_line(why)}")
            continue
        if change is not None:
            plan.changes.append(change)
    plan.irreversible += effects(turns, backups, folder, watched)
    for change in plan.changes:
        if change.shown.path.endswith(".ipynb"):
            plan.irreversible.append(
                f"{_name(change.shown.path, folder)}: if the notebook is open, the open "
                "copy wins until you reload it from disk"
            )
    return plan


def _change(
    backup: Backup, checkpoints: Recorded | None, fingerprints: FileFingerprints, chosen: set[str]
) -> Change | None:
    path = backup.path
    if "\0" in path:  # a damaged transcript
        raise OSError("no file can have that name")
    now = look(path)
    folder = os.path.dirname(path)
    if os.path.lexists(folder) and os.path.realpath(folder) != folder:
        raise OSError("its folder is a link now")
    if now.kind == "other":
        raise OSError("it is no longer an ordinary file")
    if backup.copy is None:
        then = NOTHING
    else:
        then = look(backup.copy)
        if then.kind != "file":
            raise OSError("Claude Code no longer keeps its old content")
    if now.fingerprint == then.fingerprint:
        return None
    changed = _changed_by_user(path, now, checkpoints, fingerprints)
    shown = file_change(path, now, then, changed)
    shown.chosen = changed is False or now.kind == "nothing" or path in chosen
    return Change(shown, now, then)


def _changed_by_user(
    path: str, now: State, checkpoints: Recorded | None, fingerprints: FileFingerprints
) -> bool | None:
    fingerprint = fingerprints.known.get(path)
    if fingerprint == now.fingerprint:
        return False
    # Another process, or one that died, may have written the file. The transcript has its text, but
    # not its encoding.
    written = checkpoints.written.get(path) if checkpoints is not None else None
    text = _text(now)
    if written is not None and None not in (text, written.text):
        if _plain(str(text)) == _plain(str(written.text)):
            return False
        if fingerprint is None and not written.after_it_bash:
            return True
    return None if fingerprint is None else True


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").removeprefix("\ufeff")


def _text(state: State) -> str | None:
    """Return a file's text; None if it is no text, or too long."""
    try:
        data = content(state, _LARGEST)
        return None if data is None or b"\0" in data else data.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def file_change(path: str, now: State, then: State, changed_by_you: bool | None) -> FileChange:
    """Describe the change of a path from one state to another."""
    if then.kind == "nothing":
        change = FileChange(path, "delete", changed_by_you=changed_by_you)
    else:
        action = "create" if now.kind == "nothing" else "restore"
        change = FileChange(path, action, changed_by_you=changed_by_you)  # type: ignore[arg-type]
    change._states = now.fingerprint, then.fingerprint
    change.diff = _diff(path, now, then)
    for kind, _ in line_kinds(change.diff):
        change.insertions += kind == "added"
        change.deletions += kind == "removed"
    return change


def _diff(path: str, now: State, then: State) -> str:
    name = exact_line(to_show(path))
    heading = f"--- {name}\n+++ {name}"
    if "link" in (now.kind, then.kind):
        return f"{heading}\n({_as_text(now)} becomes {_as_text(then)})"
    before = "" if now.kind == "nothing" else _text(now)
    after = "" if then.kind == "nothing" else _text(then)
    if before is None or after is None:
        return f"{heading}\n(binary, or too long to compare)"
    return unified(
        None if now.kind == "nothing" else before,
        None if then.kind == "nothing" else after,
        to_show(path),
    )


def _as_text(state: State) -> str:
    return {"link": f"a link to {exact_line(str(state.target))}", "file": "a file"}.get(
        state.kind, "nothing"
    )


# --- what cannot come back --------------------------------------------------------------------


def effects(
    turns: Sequence[Turn],
    backups: dict[str, Backup],
    folder: str,
    watched: Collection[str] = (),
) -> list[str]:
    """Return what the turns did without a checkpoint, one line for each action."""
    lines: dict[str, None] = {}  # in order, without repetitions
    for turn in turns:
        for call in turn.tools:
            if call.state == "denied" or not call.ran:
                continue
            path = file_of(call, folder)
            if call.name == "Bash":
                command = one_line(call.command or "")
                lines[f"Command: {command[:200]}{'…' if len(command) > 200 else ''}"] = None
            elif call.name in CELL_TOOLS and turn.id in watched:
                continue
            elif call.name == RUN_CODE:  # a plan lists the variables
                lines["Code in the kernel: what it did besides changing variables stays"] = None
            elif call.name.startswith("mcp__") and call.name not in _CHANGE_NOTHING:
                lines[f"Tool {one_line(call.name)}: what it did stays"] = None
            elif path is not None and call.state == "done" and path not in backups:
                who = "by a subagent" if call.parent else "without a checkpoint"
                lines[f"{_name(path, folder)} was written {who}"] = None
    return list(lines)


def _name(path: str, folder: str) -> str:
    return one_line(FileChange(path, "restore").name(folder))


def include_paths(include: Iterable[str | os.PathLike[str]] | str | None, folder: str) -> set[str]:
    """Return the absolute paths of the files that a user names."""
    names = [include] if isinstance(include, (str, os.PathLike)) else include or ()
    paths = [str(Path(os.fspath(name)).expanduser()) for name in names]
    return {
        canonical_path(path if _is_there(path, folder) else to_system(path), folder)
        for path in paths
    }


def _is_there(path: str, folder: str) -> bool:
    """Whether the system knows this path. A page writes paths as Claude Code does."""
    try:
        return os.path.lexists(os.path.join(folder, path))
    except ValueError:  # no possible path
        return False
