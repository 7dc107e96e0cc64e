"""Compare the newest Claude Code and the newest official package with what we know of the pinned.

Usage: .venv/bin/python -m scripts.drift [--cli VERSION] [--package VERSION] [--no-tests] [--store]

It installs both below build/drift and removes them again. It compares them with the listings in
scripts/drift/stored, and runs our tests that drive the CLI. At the end it prints one table. The
exit status is 1 if anything drifted. A newer version alone is no drift.

With --store it writes the listings anew, of the versions that it looked at. Do this when a pin
moves: `make drift ARGS="--cli 2.1.332 --no-tests --store"`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jupyter_claude_sdk.lowlevel import TESTED_CLI_VERSION

from scripts.drift import driven, flags, frames, hooks, installs
from scripts.drift.compare import Listing, compare, store, stored
from scripts.drift.installs import PACKAGE, PINNED
from scripts.drift.table import Part, details, status, table
from scripts.setup import VENV_PYTHON

#: Of each stored listing: the row's name, and what we count.
ROWS = {
    "official": (f"{PACKAGE}: names, fields, signatures", "names"),
    "lacking": (f"{PACKAGE}: what ours lacks", "names"),
    "help": ("Claude Code: --help", "entries"),
    "frames": ("Claude Code: shapes of frames", "paths"),
    "hooks": ("Claude Code: events of hooks", "events"),
}


def lacking(official: Listing, ours: Listing) -> dict[str, str]:
    """Return what only the official package has."""
    return {path: text for path, text in official.items() if path not in ours}


def of_package(version: str | None) -> tuple[str, dict[str, Listing]]:
    """Return a version of the official package, and the listings of it."""
    found, python = installs.install_package(version)
    official = installs.names_of(python, PACKAGE.replace("-", "_"))
    ours = installs.names_of(VENV_PYTHON, "jupyter_claude_sdk")
    return found, {"official": official, "lacking": lacking(official, ours)}


def of_cli(program: Path) -> dict[str, Listing]:
    """Return the listings of a CLI."""
    written, answer = frames.record(program)
    return {
        "help": flags.listing(flags.help_text(program)),
        "frames": frames.listing(written),
        "hooks": hooks.listing(answer),
    }


def part(name: str, version: str, listing: Listing) -> Part:
    """Compare a listing with the stored one."""
    title, counted = ROWS[name]
    was, held = stored(name)
    return Part(title, was, version, compare(held, listing), f"{len(listing)} {counted}")


def tested(version: str, program: Path) -> Part:
    """Run our tests on a CLI."""
    ran, failed = driven.run(program, installs.FOLDER)
    failed = failed or ([] if ran else ["no test ran"])
    name = "Claude Code: our tests that drive it"
    return Part(name, TESTED_CLI_VERSION, version, failed, f"{ran} tests")


def main(arguments: list[str]) -> int:
    """Look, print the table, and return the exit status."""
    parser = argparse.ArgumentParser("scripts.drift")
    parser.add_argument("--cli", help=f"not the newest; pinned is {TESTED_CLI_VERSION}")
    parser.add_argument("--package", help=f"not the newest; pinned is {PINNED}")
    parser.add_argument("--no-tests", action="store_true", help="leave our tests out")
    parser.add_argument("--store", action="store_true", help="write the listings anew")
    chosen = parser.parse_args(arguments)
    installs.remove()
    try:
        package, listings = of_package(chosen.package)
        version = chosen.cli or installs.newest_cli()
        program = installs.install_cli(version)
        listings |= of_cli(program)
        versions = {name: package if name in ("official", "lacking") else version for name in ROWS}
        if chosen.store:
            for name, listing in listings.items():
                store(name, versions[name], listing)
        parts = [part(name, versions[name], listings[name]) for name in ROWS]
        if not chosen.no_tests:
            parts.append(tested(version, program))
    finally:
        installs.remove()
    print(details(parts), table(parts), sep="\n\n")
    return status(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
