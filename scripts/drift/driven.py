"""Runs our tests that drive the CLI, on another CLI than the pinned one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

from scripts.run_tests import SIDE_BY_SIDE, WORKERS
from scripts.setup import ROOT, VENV_PYTHON

TESTS = ["-m", "cli and not endurance", "tests/sdk"]


def run(cli: Path, folder: Path) -> tuple[int, list[str]]:
    """Run the tests; return how many ran, and the names of those that failed."""
    report = folder / "tests.xml"
    command = [
        *(str(VENV_PYTHON), "-m", "pytest", f"--numprocesses={WORKERS}", *SIDE_BY_SIDE),
        *("-q", "-p", "no:cacheprovider", f"--junitxml={report}", *TESTS),
    ]
    environment = {**os.environ, "JUPYTER_CLAUDE_CLI": str(cli)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"\n== tests that drive the CLI: {' '.join(TESTS)}", flush=True)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    if not report.is_file():
        return 0, [f"pytest ended with {done.returncode} and no report"]
    ran, failed = results(report.read_text("utf-8"))
    if done.returncode and not failed:
        failed = [f"pytest ended with {done.returncode}"]
    return ran, failed


def results(report: str) -> tuple[int, list[str]]:
    """Return how many tests of a JUnit report ran, and the names of those that failed."""
    ran, failed = 0, []
    for case in ElementTree.fromstring(report).iter("testcase"):
        kinds = {child.tag for child in case}
        ran += "skipped" not in kinds
        if kinds & {"failure", "error"}:
            failed.append(f"failed     {case.get('classname')}::{case.get('name')}")
    return ran, sorted(failed)
