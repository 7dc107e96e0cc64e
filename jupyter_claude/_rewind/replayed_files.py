"""`ReplayedFiles`: writes files of a recording, and keeps what they had, as a rewind does."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timezone
from pathlib import Path

from jupyter_claude_sdk.lowlevel import digest

from .._names import to_show
from .._paths import make_private
from .._replay.effect_files import Present
from .file_states import NOTHING, State, Step, content, look, put, save
from .store import prune, rewinds_folder

_COMPARED = 2_000_000  # bytes; the lines of a larger file are not compared


class ReplayedFiles:
    """Reads and writes files: all of a file or nothing, and never through a link."""

    def look(self, path: str) -> Present:
        """Return a file as it is.

        Raises
        ------
        OSError
            If it cannot be read, or is no plain file.
        """
        state = look(path)
        _see_that_it_is_plain(state)
        return Present(state.digest, content(state, _COMPARED))

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
        kept = _new_folder()
        # A file may have any name, so the new content is not beside the old one.
        own, new = kept / "old", kept / "new"
        own.mkdir(mode=0o700)
        old = own / (os.path.basename(path) or "file")
        stays = ""
        try:
            before = save(path, own, old.name)
            _see_that_it_is_plain(before)
            if before.digest != seen:
                raise OSError("it changed just now; run this again")
            then = NOTHING
            if content is not None:
                new.write_bytes(content)
                then = State("file", before.mode, new, digest=digest(content))
            put([Step(path, then)], [Step(path, before)])
            new.unlink(missing_ok=True)
            stays = to_show(old) if before.kind == "file" else ""
        finally:
            if not stays:
                shutil.rmtree(kept, ignore_errors=True)
        return stays


def _see_that_it_is_plain(state: State) -> None:
    if state.kind == "link":
        raise OSError("it is a link")
    if state.kind == "other":
        raise OSError("it is no ordinary file")


def _new_folder() -> Path:
    """Return a new folder for the old content. It goes as a rewind's goes."""
    replays = rewinds_folder() / "replays"
    prune(replays.parent)
    make_private(replays)
    while True:
        folder = replays / datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
