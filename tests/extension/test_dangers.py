"""Which requests say that they delete or overwrite what no version control can bring back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jupyter_claude._asking import dangers, versioned
from jupyter_claude._asking.dangers import (
    DELETES,
    DISCARDS,
    DROPS,
    OVERWRITES,
    PUSHES,
    danger_of,
)

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


def git(folder: Path, *arguments: str) -> None:
    """Run git without the user's settings."""
    names = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, env=os.environ | names)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Make a folder without git."""
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).write_text("x\n")
    return tmp_path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a folder with a commit, and files that it does not have."""
    folder = tmp_path / "repository"
    (folder / "dir").mkdir(parents=True)
    for name in ("kept.txt", "changed.txt", "dir/x"):
        (folder / name).write_text(f"{name}\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    (folder / "changed.txt").write_text("mine\n")
    (folder / "new.txt").write_text("new\n")
    return folder


@pytest.mark.parametrize(
    ("command", "danger"),
    [
        ("ls; grep rm a.txt; echo 'rm a.txt' # rm a.txt", ""),
        ("rm a.txt", DELETES),
        ("make && rm -rf sub; ls", DELETES),
        ("cd sub && rm b.txt", DELETES),
        ("if true; then\n  rm a.txt\nfi", DELETES),
        ("for f in *; do rm $f; done", DELETES),
        ("sudo -u ada rm -f x", DELETES),
        ("env A=1 timeout -k 1 5 rm a.txt", DELETES),
        ("ls | xargs -n 1 rm", DELETES),
        ("sh -c 'rm -rf sub'", DELETES),
        ("find . -name '*.txt' -delete", DELETES),
        ("find . -exec rm {} ;", DELETES),
        ("echo a#b && rm a.txt", DELETES),
        ("echo 'no end; rm a.txt", DELETES),
        ("cat <<'EOF' > notes.txt\nrm a.txt\nEOF\n", ""),
        ("python -c 'import os; os.remove(\"a.txt\")'", ""),
        ("rmdir sub", ""),
        ("echo x > a.txt", OVERWRITES),
        ("echo x >| sub/b.txt 2>&1", OVERWRITES),
        ("echo x >> a.txt; echo y > new.txt; ls > /dev/null 2>&1", ""),
        ("mv new.txt a.txt", OVERWRITES),
        ("cp a.txt sub", ""),
        ("cp x/b.txt sub", OVERWRITES),
        ("cp -n x/b.txt sub", ""),
        ("ls | tee a.txt", OVERWRITES),
        ("ls | tee -a a.txt", ""),
        ("dd if=/dev/zero of=a.txt", OVERWRITES),
        ("truncate -s 0 a.txt", OVERWRITES),
        ("sed -i s/x/y/ a.txt", OVERWRITES),
        ("sed -n 1p a.txt", ""),
        ("rm a.txt > sub/b.txt", f"{DELETES}; {OVERWRITES}"),
        ("git clean -fd", DELETES),
        ("git clean -nd", ""),
        ("git reset --hard HEAD~1", DISCARDS),
        ("git -C sub checkout -- b.txt", DISCARDS),
        ("git checkout main", ""),
        ("git restore --staged a.txt", ""),
        ("git restore a.txt", DISCARDS),
        ("git stash drop", DISCARDS),
        ("git stash", ""),
        ("git push origin main", ""),
        ("git push -f", PUSHES),
        ("git push origin +main", PUSHES),
        ("git branch -D old", DROPS),
        ("git commit -am 'rm x'", ""),
    ],
)
async def test_what_a_command_destroys(command: str, danger: str, plain: Path) -> None:
    """Else `rm -rf` looks like `ls`, and has a button that allows it for ever."""
    assert await danger_of("Bash", {"command": command}, plain) == danger


@pytest.mark.parametrize(
    ("command", "danger"),
    [
        ("rm kept.txt", ""),
        ("rm -r dir", ""),
        ("cd dir && rm x", ""),
        ("echo x > kept.txt", ""),
        ("rm changed.txt", DELETES),
        ("rm new.txt", DELETES),
        ("rm kept.txt new.txt", DELETES),
        ("echo x > changed.txt", OVERWRITES),
        ("rm -rf .git", DELETES),
        ("rm -rf .", DELETES),
        ("rm *", DELETES),
    ],
)
async def test_what_git_brings_back_is_no_loss(command: str, danger: str, repository: Path) -> None:
    """Else every harmless command is red, and the user reads none of the warnings."""
    assert await danger_of("Bash", {"command": command}, repository) == danger


async def test_a_write_over_a_file(repository: Path) -> None:
    """Else a file that nobody has a copy of is written over with one click for ever."""

    async def danger(path: str) -> str:
        return await danger_of("Write", {"file_path": path}, repository)

    assert await danger("new.txt") == await danger("changed.txt") == OVERWRITES
    assert await danger("kept.txt") == await danger("other.txt") == ""
    assert await danger_of("Edit", {"file_path": "new.txt"}, repository) == ""


async def test_the_folders_programs_do_not_run(repository: Path) -> None:
    """Else a downloaded folder runs its own program before anybody has approved anything."""
    program = f"sh -c 'touch {repository / 'ran'}; cat'"
    for setting in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "core.sshCommand"):
        git(repository, "config", setting, program)
    (repository / ".gitattributes").write_text("* filter=x\n")
    (repository / "kept.txt").touch()
    assert await danger_of("Bash", {"command": "rm kept.txt"}, repository) == ""
    assert await danger_of("Bash", {"command": "rm changed.txt"}, repository) == DELETES
    assert not (repository / "ran").exists()


async def test_a_slow_git_is_not_waited_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the request of a huge repository never comes."""
    monkeypatch.setattr(versioned, "_SECONDS", 0.0)
    monkeypatch.setattr(dangers, "_SECONDS", 5.0)
    assert await danger_of("Bash", {"command": "rm kept.txt"}, repository) == DELETES
