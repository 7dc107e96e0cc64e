"""Rewinding in a folder whose owner swaps files and folders for links at the worst moment."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_claude._rewind.file_states import NOTHING, State, Step, look, put, remove_folders, save
from jupyter_claude._rewind.folder_entries import FolderEntry

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no folders' handles"),
]
OTHER = 65534  # a user without rights


class Scene:
    """A folder that is rewound, and what lies elsewhere and must stay as it is."""

    def __init__(self, root: Path) -> None:
        self.work, self.elsewhere = root / "work", root / "elsewhere"
        self.kept = root / "kept"
        for folder in (self.work / "sub", self.elsewhere, self.kept):
            folder.mkdir(parents=True)
        self.file = self.work / "sub" / "a.txt"
        self.file.write_text("new")
        self.victim = self.elsewhere / "a.txt"
        self.victim.write_text("secret")
        self.victim.chmod(0o600)
        (self.kept / "old").write_text("old")
        self.old = State("file", 0o644, self.kept / "old", digest=look(self.kept / "old").digest)

    def save(self) -> Step:
        return Step(str(self.file), save(str(self.file), self.kept, "before"))

    def swap_folder(self) -> None:
        """Put a link where the file's folder was."""
        self.file.parent.rename(self.work / "moved")
        self.file.parent.symlink_to(self.elsewhere)

    def check(self) -> None:
        assert self.victim.read_text() == "secret"
        assert stat.S_IMODE(self.victim.lstat().st_mode) == 0o600
        assert [path.name for path in self.elsewhere.iterdir()] == ["a.txt"]


@pytest.fixture(params=["root", "user"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Give a scene, as root and as a user without rights."""
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("only root can play root")
    root = Path(os.path.realpath(tempfile.mkdtemp(prefix="jupyter-claude-places-")))
    as_user = request.param == "user" and os.geteuid() == 0
    if as_user:
        os.chown(root, OTHER, OTHER)
        os.seteuid(OTHER)
    try:
        yield Scene(root)
    finally:
        if as_user:
            os.seteuid(0)
        shutil.rmtree(root)


def once(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Do something right before the first call of an `os` function by what rewinds."""
    real = getattr(os, name)
    done: list[bool] = []

    def hooked(*arguments: object, **named: object) -> object:
        if not done:
            done.append(True)
            act()
        return real(*arguments, **named)

    monkeypatch.setattr(os, name, hooked)


def test_the_mode_goes_to_the_new_file_and_not_to_a_link_s_target(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of root's would become readable to all."""
    before = scene.save()

    def swap() -> None:
        (temporary,) = scene.file.parent.glob(".claude-rewind-*")
        temporary.unlink()
        temporary.symlink_to(scene.victim)

    once(monkeypatch, "fsync", swap)
    put([Step(str(scene.file), scene.old)], [before])
    scene.check()
    assert scene.file.is_symlink()  # the owner's own doing: a link of theirs in their folder


@pytest.mark.parametrize("moment", ["fsync", "fchmod", "replace", "stat"])
def test_a_folder_that_becomes_a_link_leads_nowhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """What was to be rewound here would overwrite files somewhere else."""
    before = scene.save()
    once(monkeypatch, moment, scene.swap_folder)
    refused = ""
    try:
        put([Step(str(scene.file), scene.old)], [before])
    except OSError as error:
        refused = str(error)
    assert not refused or "link" in refused
    # If it was done, then in the folder that it was for.
    assert (scene.work / "moved" / "a.txt").read_text() == ("new" if refused else "old")
    scene.check()


@pytest.mark.parametrize("state", [NOTHING, State("link", target="b.txt")])
def test_nothing_is_taken_away_elsewhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    """A file of the same name somewhere else would be deleted."""
    before = scene.save()
    once(monkeypatch, "unlink", scene.swap_folder)
    put([Step(str(scene.file), state)], [before])
    scene.check()


def test_no_folder_is_made_or_removed_elsewhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders would appear, or go, where a link leads."""
    deep = scene.file.parent / "x" / "y" / "b.txt"
    once(monkeypatch, "mkdir", scene.swap_folder)
    with pytest.raises(OSError, match="link"):
        put([Step(str(deep), scene.old)], [Step(str(deep), NOTHING)])
    scene.check()
    (scene.elsewhere / "x").mkdir()
    remove_folders([str(scene.file.parent / "x")])
    assert (scene.elsewhere / "x").is_dir()


def test_what_a_link_leads_to_is_not_saved(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of root's would be copied, and written into the folder by the next rewind."""

    def swap() -> None:
        scene.file.unlink()
        scene.file.symlink_to(scene.victim)

    real = FolderEntry.open

    def swapped(self: FolderEntry, flags: int) -> int:
        if self.name.endswith("a.txt") and not scene.file.is_symlink():
            swap()
        return real(self, flags)

    monkeypatch.setattr(FolderEntry, "open", swapped)
    with pytest.raises(OSError):
        scene.save()
    assert [path.name for path in scene.kept.iterdir()] == ["old"]
    monkeypatch.undo()
    scene.swap_folder()
    with pytest.raises(OSError, match="is now a link"):
        scene.save()


def test_a_pipe_in_a_file_s_place_does_not_hang(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel would wait for ever for what nobody writes."""
    real = FolderEntry.open

    def swapped(self: FolderEntry, flags: int) -> int:
        scene.file.unlink(missing_ok=True)
        os.mkfifo(scene.file)
        return real(self, flags)

    monkeypatch.setattr(FolderEntry, "open", swapped)
    with pytest.raises(OSError, match="changed just now"):
        look(scene.file)


def test_owner_and_mode_are_kept_but_no_rights_are_given(scene: Scene) -> None:
    """A rewind by root would leave files that their owner cannot change, or a program of root's."""
    if os.geteuid() == 0:
        os.chown(scene.file, OTHER, OTHER)
    before = scene.save()
    put(
        [Step(str(scene.file), State("file", 0o6755, scene.old.copy, digest=scene.old.digest))],
        [before],
    )
    status = scene.file.stat()
    assert scene.file.read_text() == "old"
    assert stat.S_IMODE(status.st_mode) == 0o755
    if os.geteuid() in (0, OTHER):
        assert status.st_uid == OTHER
