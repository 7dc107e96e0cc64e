"""Builds the archives, twice in different places, and the wheel from the source distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from scripts.dist import source
from scripts.setup import BUILD, VENV_PYTHON

FOLDER = BUILD / "dist"


@dataclass(frozen=True)
class Place:
    """A folder to build in, with a mask for the rights of files, and variables."""

    name: str
    umask: int
    variables: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where the commit is laid out."""
        return FOLDER / self.name


#: Both must give the same bytes.
PLACES = (
    Place("one", 0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    Place(
        "another place/with a longer name",
        0o077,
        {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "2"},
    ),
)


def build(place: Place) -> tuple[Path, Path]:
    """Build the source distribution and the wheel of the last commit; return their files."""
    source.lay_out(place.folder, place.umask)
    out = place.folder / "dist"
    _hatchling(place.folder, out, ["sdist", "wheel"], place.variables, place.umask)
    (packed,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return packed, wheel


def build_from_source(archive: Path) -> Path:
    """Build the wheel from a source distribution, where there is neither npm nor Node."""
    folder = FOLDER / "from source"
    shutil.rmtree(folder, ignore_errors=True)
    empty = folder / "empty"
    empty.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path != empty)
    _hatchling(unpacked, folder / "dist", ["wheel"], {"PATH": str(empty)}, 0o022)
    (wheel,) = (folder / "dist").iterdir()
    return wheel


def differences(first: dict[str, bytes], second: dict[str, bytes]) -> list[str]:
    """Return the names of files that are not the same in two archives."""
    names = sorted(first.keys() | second.keys())
    return [f"{name} differs" for name in names if first.get(name) != second.get(name)]


def _hatchling(
    folder: Path, out: Path, targets: list[str], variables: dict[str, str], umask: int
) -> None:
    command = [str(VENV_PYTHON), "-m", "hatchling", "build", "--directory", str(out)]
    for target in targets:
        command += ["--target", target]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": source.epoch(), **variables},
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise SystemExit(f"hatchling failed in {folder.name}: {done.stdout.strip()[-800:]}")
