"""Reads wheels and source distributions."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

#: The files of an archive by name.
Files = dict[str, bytes]


def read(archive: Path) -> Files:
    """Return the files of a wheel or source distribution, as they are named in it."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    files = {}
    with tarfile.open(archive) as source:
        for member in source:
            content = source.extractfile(member)
            if content is not None:
                files[member.name] = content.read()
    return files


def metadata(files: Files, name: str) -> str:
    """Return a file of the wheel's `.dist-info` folder, or "" if it is not there."""
    found = [content for path, content in files.items() if path.endswith(f".dist-info/{name}")]
    return found[0].decode() if len(found) == 1 else ""
