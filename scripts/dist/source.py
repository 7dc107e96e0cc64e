"""Lays the last commit out in a folder, as somebody else's clone would have it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from scripts.setup import ROOT


def git(*arguments: str) -> bytes:
    """Return what git prints."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)
    if done.returncode:
        raise SystemExit(f"error: git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def epoch() -> str:
    """Return the time of the last commit, which is that of all files in the archives."""
    return git("log", "-1", "--format=%ct").decode().strip()


def changed() -> list[str]:
    """Return what of the working tree is in no commit, and so in no release."""
    return git("status", "--porcelain").decode().splitlines()


def lay_out(folder: Path, umask: int) -> None:
    """Write the files of the last commit into a new folder, and bring the npm packages along.

    The packages are links to those of the working tree: to install them takes a minute. npm
    installs them again if the commit has another lock file.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(git("archive", "HEAD"))) as commit:
        commit.extractall(folder, filter="data")
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~umask)
    packages = ROOT / "labextension" / "node_modules"
    if packages.is_dir():
        shutil.copytree(
            packages, folder / "labextension" / "node_modules", symlinks=True, copy_function=_link
        )


def _link(source: str, target: str) -> None:
    os.link(source, target, follow_symlinks=False)
