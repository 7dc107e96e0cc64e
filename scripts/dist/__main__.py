"""Build the wheel and the source distribution of the last commit into dist/, and check them.

Usage: .venv/bin/python -m scripts.dist [--no-installs]

It builds twice, in two folders with other time zones and rights, and compares the bytes. Then it
checks the archives, and installs the wheel on each Python of this machine. At the end it prints one
table. The exit status is 1 if there is a fault; then dist/ stays empty. It needs the network and
some minutes. docs/contributing/releasing.md says how a release is made.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from jupyter_claude_sdk import CLINotFoundError, __version__

from jupyter_claude._paths import find_cli
from scripts.dist import (
    archives,
    building,
    conda,
    contents,
    installs,
    licences,
    source,
    tools,
    traces,
)
from scripts.dist.building import FOLDER, PLACES
from scripts.dist.report import Check, Found, details, run, status, table
from scripts.setup import ROOT

DIST = ROOT / "dist"


def cli() -> str:
    """Return the path of the CLI on this machine, or ""."""
    try:
        return str(find_cli(None))
    except CLINotFoundError:
        return ""


def committed() -> Found:
    """Check that the working tree has nothing that the release would lack."""
    return Found([f"not in the release: {line}" for line in source.changed()], source.epoch())


def reproducible(first: Sequence[Path], second: Sequence[Path]) -> Found:
    """Compare the archives of the two builds."""
    faults: list[str] = []
    for one, other in zip(first, second, strict=True):
        if one.read_bytes() != other.read_bytes():
            inside = building.differences(archives.read(one), archives.read(other))
            faults += inside or [f"{one.name} differs, its files do not"]
    return Found(faults, ", ".join(f"{each.name} {_size(each)}" for each in first))


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1024:.0f} KiB"


def from_source(packed: Path, wheel: Path) -> Found:
    """Compare the wheel with the one that the source distribution gives."""
    again = building.build_from_source(packed)
    if again.read_bytes() == wheel.read_bytes():
        return Found()
    inside = building.differences(archives.read(wheel), archives.read(again))
    return Found(inside or ["the archives differ, their files do not"])


def checks(wheel: Path, packed: Path, with_installs: bool) -> Iterator[Check]:
    """Check the archives, one thing after the other."""
    files, sources = archives.read(wheel), archives.read(packed)
    folders = [ROOT, FOLDER, Path.home() / ".cache", Path.home() / ".local"]
    every: dict[str, Callable[[], Found]] = {
        "wheel from source, no npm": partial(from_source, packed, wheel),
        "twine check --strict": lambda: Found(tools.twine([wheel, packed]), tools.TWINE),
        "check-wheel-contents": lambda: Found(tools.check_wheel_contents(wheel), tools.CONTENTS),
        "tag py3-none-any": lambda: Found(contents.of_tag(files)),
        "contents of the wheel": lambda: Found(contents.of_wheel(files), f"{len(files)} files"),
        "contents of the source": lambda: Found(
            contents.of_source(sources), f"{len(sources)} files"
        ),
        "licences": lambda: Found(
            licences.of_wheel(files), f"{len(licences.bundled(files))} npm packages"
        ),
        "no trace of the machine": lambda: Found(
            [*traces.of_archive(files, folders), *traces.of_archive(sources, folders)]
        ),
    }
    if with_installs:
        asked = archives.metadata(files, "METADATA")
        every["conda package"] = partial(conda.check, packed, asked)
        program = cli()
        for each in installs.ENVIRONMENTS:
            every[each.name] = partial(installs.check, each, wheel, __version__, program)
    for name, check in every.items():
        yield run(name, check)


def main(arguments: list[str]) -> int:
    """Build and check a release; return the exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="scripts.dist", description=__doc__.split("\n")[0])
    parser.add_argument("--no-installs", action="store_true", help="leave out other Pythons")
    chosen = parser.parse_args(arguments)
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    done = [run("all is committed", committed)]
    print(f"dist: building {__version__}, twice", flush=True)
    first, second = (building.build(place) for place in PLACES)
    done.append(run("two builds are equal", partial(reproducible, first, second)))
    packed, wheel = first
    done += checks(wheel, packed, not chosen.no_installs)
    print(details(done), table(done), sep="\n")
    if not status(done):
        DIST.mkdir()
        for each in first:
            shutil.copy(each, DIST)
            print(f"dist/{each.name}")
        shutil.rmtree(FOLDER)
    return status(done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
