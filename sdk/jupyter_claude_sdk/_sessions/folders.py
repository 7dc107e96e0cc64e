"""Finds transcripts. The CLI has one folder of transcripts for each working folder."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Union

from .._base.secrets import OwnEnvironment
from .cli_files import config_folder
from .entries import project_key

Folder = Union[str, "os.PathLike[str]"]

_OURS = OwnEnvironment()


def projects_folder(environment: Mapping[str, str] = _OURS) -> Path:
    """Return the folder that has all these folders."""
    return config_folder(environment) / "projects"


def project_folders(
    directory: Folder | None, fewest_worktrees: float, environment: Mapping[str, str] = _OURS
) -> Iterator[Path]:
    """Yield the folders with the sessions of `directory`; None yields all folders.

    If its git repository has at least `fewest_worktrees` worktrees, those belong to it too.
    """
    projects = projects_folder(environment)
    if directory is None:
        try:
            yield from sorted(path for path in projects.iterdir() if path.is_dir())
        except OSError:  # the CLI has never run
            pass
        return
    folder = Path(directory).expanduser().resolve()
    roots = _worktrees(folder)
    folders = [folder, *(roots if len(roots) >= fewest_worktrees else [])]
    # macOS may encode a folder's accents in two ways.
    paths = [
        spelt for path in folders for spelt in (str(path), unicodedata.normalize("NFC", str(path)))
    ]
    for key in dict.fromkeys(map(project_key, paths)):
        if (projects / key).is_dir():
            yield projects / key


def _worktrees(folder: Path) -> list[Path]:
    """Return the roots of the repository's worktrees, from git's own files."""
    for root in (folder, *folder.parents):
        git = root / ".git"
        try:
            if git.is_file():
                own = root / git.read_text("utf-8").partition("gitdir:")[2].strip()
                common = (own / (own / "commondir").read_text("utf-8").strip()).resolve()
            elif git.is_dir():
                common = git
            else:
                continue
            roots = [common.parent]
            for note in sorted(common.glob("worktrees/*/gitdir")):
                roots.append((note.parent / note.read_text("utf-8").strip()).parent.resolve())
        except (OSError, UnicodeDecodeError):
            return []
        return roots
    return []


def find_transcript(
    session_id: str, directory: Folder | None, environment: Mapping[str, str] = _OURS
) -> Path | None:
    """Return a session's transcript: the newest one that is not empty."""
    newest: tuple[int, Path] | None = None
    for folder in project_folders(directory, 1, environment):
        path = folder / f"{session_id}.jsonl"
        try:
            status = path.stat()
        except OSError:
            continue
        if status.st_size and (newest is None or status.st_mtime_ns > newest[0]):
            newest = (status.st_mtime_ns, path)
    return newest[1] if newest else None
