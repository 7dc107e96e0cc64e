"""`ReplayFiles`: what becomes of the files of a recording, and how they are written again.

A file that the user changed since stays, unless the user approved just this change: from this
content to that one. It is the user's change if the recording knows nothing of the file's content.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jupyter_claude_sdk.lowlevel import RecordedFile, RecordingError, RecordingFolder, digest

from .effect_list import EffectList
from .effect_paths import place_of, problem_of

_LONGEST = 200_000  # bytes of a file that a user reads before it is written
#: A file's path, the digest of its present content, and that of its new one.
Overwrite = tuple[str, str, str]


@dataclass(frozen=True)
class Present:
    """A file as it is.

    Attributes
    ----------
    digest : str
        The SHA-256 of its content; "" if there is no file.
    content : bytes or None
        Its content; None if there is no file, or if it is too long to compare.
    """

    digest: str = ""
    content: bytes | None = None


class Disk(Protocol):
    """Reads and writes files with the protection of a rewind."""

    def look(self, path: str) -> Present:
        """Return a file as it is.

        Raises
        ------
        OSError
            If it cannot be read, or is no plain file: a link, a folder, a pipe.
        """

    def write(self, path: str, content: bytes | None, seen: str) -> str:
        """Give a file its content, or delete it; return where the old content is kept.

        Parameters
        ----------
        path : str
            The file.
        content : bytes or None
            The content; None deletes the file.
        seen : str
            The digest of its present content. If it has another one, it stays.

        Raises
        ------
        OSError
            If it cannot be written, or has changed. Then it is as it was.
        """


@dataclass(frozen=True)
class FilePlan:
    """What becomes of one file.

    Attributes
    ----------
    file : RecordedFile
        The file.
    now : Present
        What it is now.
    content : bytes or None
        What it becomes; None if it is deleted.
    problem : str
        Why it stays as it is; "" if it does not.
    yours : bool
        Whether the user has changed it since.
    """

    file: RecordedFile
    now: Present = Present()
    content: bytes | None = None
    problem: str = ""
    yours: bool = False

    @property
    def same(self) -> bool:
        """Whether it is already what it becomes."""
        return self.now.digest == self.file.after

    @property
    def overwrite(self) -> Overwrite:
        """The change, for an approval."""
        return self.file.path, self.now.digest, self.file.after


class ReplayFiles:
    """Plans and writes the files of one recording.

    Parameters
    ----------
    folder : RecordingFolder
        The recording, which has the contents.
    effects : EffectList
        What the recording does; it says which contents are the recording's own.
    base : Path
        Where Claude works. It writes nothing outside of it.
    notebook : Path or None
        The notebook, which is never written.
    disk : Disk
        Reads and writes files.
    to_read : bool, default True
        Whether the user reads the contents before they are written. Then what cannot be read, or is
        too long to be read, is not written.
    """

    def __init__(
        self,
        folder: RecordingFolder,
        effects: EffectList,
        base: Path,
        notebook: Path | None,
        disk: Disk,
        *,
        to_read: bool = True,
    ) -> None:
        self._to_read = to_read
        self._folder = folder
        self._effects = effects
        self._base = base
        self._notebook = notebook
        self._disk = disk

    def plan(self, file: RecordedFile, now: Present | None = None) -> FilePlan:
        """Return what would become of a file.

        Parameters
        ----------
        file : RecordedFile
            The file.
        now : Present, optional
            What it will be by then. Default: what it is.
        """
        if problem := problem_of(file.path):
            return FilePlan(file, problem=problem)
        if file.withheld:
            return FilePlan(file, problem=f"its content is not recorded: {file.withheld}")
        try:
            place = place_of(file.path, self._folder.path.parent, self._base)
            if self._is_the_notebook(place):
                return FilePlan(file, problem="it is this notebook")
            present = self._disk.look(place)
            now = present if now is None else now
            content = self._folder.content(file.content) if file.after else None
        except OSError as error:
            return FilePlan(file, problem=error.strerror or str(error))
        except RecordingError as error:
            return FilePlan(file, problem=str(error))
        if content is not None and digest(content) != file.after:
            return FilePlan(file, problem="its content is not what was recorded. Record again")
        if content is not None and self._to_read and (problem := _unreadable(content)):
            return FilePlan(file, problem=problem)
        # A missing file can always come back: nothing is lost.
        known = self._effects.states_of(file.path) if file.after else {file.before, ""}
        yours = now.digest != "" and now.digest not in known
        return FilePlan(file, now, content, yours=yours)

    def write(self, file: RecordedFile, approved: Collection[Overwrite]) -> list[str]:
        """Write a file again; return what the user must know of it, in lines.

        Parameters
        ----------
        file : RecordedFile
            The file.
        approved : collection of Overwrite
            The changes of the user's own content that the user approved.
        """
        name = file.path
        plan = self.plan(file)
        if plan.problem:
            return [f"{name} was not written again: {plan.problem}"]
        if plan.same:
            return []
        may = file.after and plan.overwrite in approved
        if plan.yours and not may:
            return [f"{name} was left alone: it has changed since it was recorded"]
        try:
            kept = self._disk.write(self.place(file), plan.content, seen=plan.now.digest)
        except OSError as error:
            return [f"{name} was not written again: {error.strerror or error}"]
        return [f"{name} was overwritten. Your version is kept as {kept}"] if plan.yours else []

    def place(self, file: RecordedFile) -> str:
        """Return the absolute path of a file; "" if it may not be written."""
        if problem_of(file.path):
            return ""
        try:
            return place_of(file.path, self._folder.path.parent, self._base)
        except OSError:
            return ""

    def _is_the_notebook(self, place: str) -> bool:
        beside = self._folder.path.with_suffix(".ipynb")
        return any(
            one is not None and os.path.realpath(one).casefold() == place.casefold()
            for one in (self._notebook, beside)
        )


def _unreadable(content: bytes) -> str:
    """Return why a user cannot read a content; "" if it is a text of a length that one reads."""
    if len(content) > _LONGEST:
        return "it is too long to be read before it is written"
    if text_of(content) is None:
        return "it is no text, so it cannot be read before it is written"
    return ""


def text_of(content: bytes | None) -> str | None:
    """Return a content as text; None if it is none."""
    if content is None or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
