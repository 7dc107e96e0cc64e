"""Run a command, and report its result."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass

from scripts.setup import ROOT

FAILED_LINES = 40


@dataclass(frozen=True)
class Run:
    """The result of a command; `said` is its output, if it ran quietly."""

    line: str
    passed: bool
    said: str = ""


def run(name: str, *command: str, quiet: bool = False) -> Run:
    """Run a command; if `quiet`, show its output only when it has ended."""
    if not quiet:
        print(f"\n== {name}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
    )
    if quiet:
        print(f"\n== {name}\n{done.stdout}", flush=True)
    passed = done.returncode == 0
    seconds = time.monotonic() - started
    line = f"{name}: {'passed' if passed else 'FAILED'} ({seconds:.0f} s)"
    return Run(line, passed, done.stdout or "")


def report(results: list[Run]) -> int:
    """Print the output of failed commands, then a line for each; return the exit status."""
    # CI shows only the end of the output, and pytest's output is long.
    for failed in (each for each in results if not each.passed and each.said):
        print("", f"== {failed.line}", *failed.said.splitlines()[-FAILED_LINES:], sep="\n")
    print()
    for each in results:
        print(each.line)
    return 0 if all(each.passed for each in results) else 1
