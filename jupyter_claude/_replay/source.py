"""`RecordingSource`: finds a notebook's recording, and says which replay mode counts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .._conversations.recent import notebook_name
from .._core.host import Host
from .._paths import current_folder
from .._turns.errors import ClaudeError, ReplayMissing
from .mode import HOW_TO_CHANGE, Choice, Mode, chosen
from .place import Place, find_place

# Only a notebook with a recording needs the other modules.
if TYPE_CHECKING:
    from jupyter_claude_sdk.lowlevel import RecordedInputs, RecordedTurn, RecordingFolder

T = TypeVar("T")

#: What the user can do.
HOW_TO_NAME = "name the notebook: JUPYTER_CLAUDE_NOTEBOOK=PATH, or claude.replay(PATH)"
HOW_TO_RECORD = (
    'name the notebook: JUPYTER_CLAUDE_NOTEBOOK=PATH, or claude.replay(PATH, mode="record")'
)


class RecordingSource:
    """Finds the recording of a session's notebook.

    Parameters
    ----------
    host : Host
        The settings and the front end.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._given: Path | None = None
        self._place: Place | None = None
        self._folder: RecordingFolder | None = None
        self._decided = False  # whether `_folder` is what counts
        self._made: Choice | None = None  # what set the setting in this kernel
        self._stored = ""  # what later kernels do, as the user chose it in this one
        self._foreign = False  # recordings are there, and none is this notebook's

    @property
    def mode(self) -> Mode:
        """The mode that counts now."""
        return self.choice.mode

    @property
    def choice(self) -> Choice:
        """The mode that counts now, and why."""
        headless = not self._host.frontend.can_be_asked()
        return self.choice_of(headless=headless)

    @property
    def place(self) -> Place:
        """Where the recording is, or was looked for."""
        if self._place is None:
            name = notebook_name(self._host.frontend.shell)
            self._place = find_place(name, current_folder(), self._given)
        return self._place

    @property
    def folder(self) -> RecordingFolder | None:
        """The recording that counts, or will be written; None if there is none and no name."""
        place = self.place
        if not self._decided:
            path = place.found[0] if len(place.found) == 1 else place.named
            if place.sure or not place.found:
                self._decided, self._folder = True, _recording(path)
            elif self._folder is None or self._folder.path != path:
                self._folder = _recording(path)
        return self._folder

    def use(self, path: Path) -> None:
        """Use the recording of this notebook or script."""
        self._given = path
        self.look_again()

    def look_again(self) -> None:
        """Look for the recording again, and read it again."""
        before = self._folder if self._decided else None
        self._place, self._folder, self._decided = None, None, False
        self._foreign = False
        if before is not None and before.path in self.place.found:
            before.reload()
            self._folder, self._decided = before, True

    def choose(self, mode: Mode) -> str:
        """Use a mode in this kernel, and store what the notebook's later kernels do.

        Returns
        -------
        str
            What was stored: "auto" or "off"; "" if the recording's place is not known.

        Raises
        ------
        ClaudeError
            If it cannot be written.
        """
        self.look_again()
        self.set_mode(Choice(mode, f"%claude replay {mode}", how=HOW_TO_CHANGE))
        folder = self.folder
        stored = "off" if mode == "off" else "auto"
        if folder is None or (mode == "off" and not folder.exists):
            return ""
        self._stored = stored
        return _clearly(partial(_store, folder, stored))

    def set_mode(self, choice: Choice) -> None:
        """Set the setting ``replay``, and remember for errors what did so."""
        self._host.settings.replay = choice.mode
        self._made = choice

    def refuse(self, what: str) -> None:
        """Raise an error if `what` would ask Claude, and nothing may be asked.

        Raises
        ------
        ReplayMissing
            If the mode is "only".
        """
        choice = self.choice
        if choice.mode == "only":
            raise ReplayMissing(
                f"{what} asks Claude, and replay is 'only' ({choice.why}); {choice.how}"
            )

    def choice_of(self, *, headless: bool) -> Choice:
        """Return the mode that counts if nobody can be asked, or somebody can.

        Raises
        ------
        ClaudeError
            If the recording is damaged.
        """
        return _clearly(partial(self._choice, headless=headless))

    def _choice(self, *, headless: bool) -> Choice:
        setting = self._host.settings.replay
        if setting != "default":
            return chosen(setting, "", headless=headless, found=False, made=self._made)
        place, stored = self.place, ""
        found = bool(place.found)
        if self._decided:
            found = self._folder is not None and self._folder.exists
        folder = self.folder if found else None
        if folder is not None:
            # The damaged recording of another notebook must not stop this one.
            with contextlib.nullcontext() if place.sure else contextlib.suppress(ValueError):
                stored = folder.choice
        return chosen(setting, stored, headless=headless, found=found, foreign=self._foreign)

    def decide(self, key: str, asked: RecordedInputs) -> None:
        """Decide which of the recordings that were found is this notebook's."""
        from jupyter_claude_sdk.lowlevel import RecordingError

        from .matching import nearest

        _ = self.folder
        if self._decided:
            return
        self._decided = True
        found = [_recording(path) for path in self.place.found]
        for one in found:
            try:
                if one is not None and key in one.turns:
                    self._folder = one
                    return
            except RecordingError:
                if len(found) == 1:
                    raise
        one = found[0] if len(found) == 1 else None
        # A recording of another name answers a notebook only if it has just its first prompt.
        unnamed = self.place.named is None
        alike = unnamed and one is not None and nearest(asked.prompt, "", one) is not None
        self._folder = one if alike else _recording(self.place.named)
        # A script names its recording; those in its folder are not about it.
        in_notebook = self._host.frontend.shell is not None
        self._foreign = in_notebook and bool(found) and not alike

    def store(self, folder: RecordingFolder) -> None:
        """Store in a folder, which may be another one than then, what the user has chosen."""
        if self._stored and not folder.choice:
            folder.choose(self._stored)

    def missing(
        self, choice: Choice, near: RecordedTurn | None, stale: Sequence[str]
    ) -> ReplayMissing:
        """Return the error for a prompt that the recording has no answer to."""
        mode = f"replay is {choice.mode!r} ({choice.why})"
        folder = self.folder
        if near is not None and folder is not None:
            name = f"{folder.path.name}/{folder.file_name(near.key)}"
            changed = ", ".join(stale)
            line = f"Nothing was asked: since {name} was recorded, {changed} changed, and {mode}"
        elif folder is not None and folder.exists:
            line = f"Nothing was asked: {folder.path.name} has no such prompt, and {mode}"
        elif self.place.found:
            names = ", ".join(path.name for path in self.place.found[:5])
            line = (
                f"Nothing was asked: no recording there is this notebook's ({names} in "
                f"{self.place.looked[0]}), and {mode}; {HOW_TO_NAME}"
            )
        else:
            line = f"Nothing was asked: there is no recording ({self.place.words}), and {mode}"
        return ReplayMissing(f"{line}; {choice.how}")

    def check_place(self, choice: Choice) -> None:
        """Raise an error if it is not known where to record.

        Raises
        ------
        ClaudeError
            If neither the notebook's name nor a recording is known.
        """
        if self.folder is None:
            self.look_again()  # the user may have named it since
        if self.folder is None:
            raise ClaudeError(
                f"Nothing was asked: replay is 'record' ({choice.why}), and the notebook's "
                f"name is not known, so nothing can be recorded; {HOW_TO_RECORD}"
            )


def _recording(path: Path | None) -> RecordingFolder | None:
    if path is None:
        return None
    from jupyter_claude_sdk.lowlevel import RecordingFolder

    return RecordingFolder(path)


def _store(folder: RecordingFolder, choice: str) -> str:
    if folder.choice != choice:
        folder.choose(choice)
    return choice


def _clearly(work: Callable[[], T]) -> T:
    """Do work with a recording; an error is one that a notebook shows as one line."""
    try:
        return work()
    except ValueError as error:
        from jupyter_claude_sdk.lowlevel import RecordingError  # only now: it is rarely needed

        if not isinstance(error, RecordingError):
            raise
        raise ClaudeError(str(error)) from None
