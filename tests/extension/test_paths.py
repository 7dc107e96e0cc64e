"""The user's data folder: nobody else can enter what is ours in it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_claude._paths import data_folder, make_private, sessions_folder

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes"),
]


@pytest.fixture(autouse=True)
def loose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a data folder that is not there yet, and a umask that leaves all open."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CLAUDE_SESSIONS")
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS ignores XDG_DATA_HOME")
def test_what_is_made_is_closed_and_what_is_open_is_mended(tmp_path: Path) -> None:
    """Others would read what a session cost and said, or put a CLI of theirs there."""
    folder = sessions_folder() / "rewinds" / "a"
    make_private(folder)
    for path in (folder, folder.parent, sessions_folder(), data_folder(), tmp_path / "share"):
        assert mode(path) == 0o700, path
    data_folder().chmod(0o777)
    folder.chmod(0o755)
    make_private(folder)
    assert mode(folder) == mode(data_folder()) == 0o700


def test_a_folder_that_the_user_chose_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared folder such as /tmp would be closed to all others."""
    chosen = tmp_path / "shared"
    chosen.mkdir(mode=0o777)
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(chosen))
    make_private(chosen)
    make_private(chosen / "rewinds")
    assert mode(chosen) == 0o777
    assert mode(chosen / "rewinds") == 0o700
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(tmp_path / "new" / "folder"))
    make_private(sessions_folder())
    assert mode(tmp_path / "new") == mode(tmp_path / "new" / "folder") == 0o700


def test_a_folder_of_somebody_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept there would be in another user's hands."""
    make_private(data_folder())
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    if os.getuid() == 0:
        os.chown(data_folder(), 12345, -1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        make_private(sessions_folder())


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    """The user would get a riddle later."""
    data_folder().parent.mkdir(parents=True, exist_ok=True)
    data_folder().write_text("")
    with pytest.raises(OSError, match=r"Not a directory|not a folder"):
        make_private(sessions_folder())
