"""Run every test: the front end's, the pure ones on each Python, then all of pytest.

The last runs in two parts side by side.

Usage: .venv/bin/python -m scripts.run_tests [pytest arguments]. With arguments only .venv's pytest
runs. The exit status is 0 when everything passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scripts.setup import BIN, ROOT, VENV_PYTHON, find_pythons, pure_venv, version_of

# What differs between Pythons shows on one event loop, and without a thousand repetitions.
OTHER_PYTHONS = ["-q", "-m", "pure and not cli and not endurance", "-k", "not trio"]
BROWSERS = ["tests/browser", "tests/labextension"]
FAILED_LINES = 40


@dataclass(frozen=True)
class Run:
    """How one command went; `said` is what it printed, where that was kept back."""

    line: str
    passed: bool
    said: str = ""


def run(name: str, *command: str, quiet: bool = False) -> Run:
    """Run a command; when `quiet`, show what it said only when it has ended."""
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


def run_together(commands: dict[str, list[str]]) -> list[Run]:
    """Run commands side by side; these mostly wait for their own children."""
    with ThreadPoolExecutor(max(len(commands), 1)) as pool:
        return list(pool.map(lambda name: run(name, *commands[name], quiet=True), commands))


def own_cli() -> None:
    """Let the tests use the tested CLI, whichever `claude` is on PATH."""
    if not os.environ.get("JUPYTER_CLAUDE_CLI"):
        asked = subprocess.run(
            [VENV_PYTHON, "-m", "jupyter_claude", "install-cli", "--if-missing", "--print-path"],
            capture_output=True,
            text=True,
        )
        if asked.returncode:
            raise SystemExit(asked.stderr.strip())
        os.environ["JUPYTER_CLAUDE_CLI"] = asked.stdout.strip()


def run_pytest(arguments: list[str]) -> list[Run]:
    """Run .venv's pytest; all of it in two parts, for a browser is mostly waited for."""
    pytest = [str(VENV_PYTHON), "-m", "pytest", "--durations=20"]
    if arguments:
        return [run("pytest", *pytest, *arguments)]
    with ThreadPoolExecutor(1) as pool:
        browsers = pool.submit(run, "pytest, in browsers", *pytest, *BROWSERS, quiet=True)
        rest = run("pytest, the rest", *pytest, *(f"--ignore={folder}" for folder in BROWSERS))
        return [browsers.result(), rest]


def main(arguments: list[str]) -> int:
    own_cli()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else a thousand kernels compile our modules
    results: list[Run] = []
    if not arguments:
        npm = shutil.which("npm")
        if npm:
            prefix = ["--prefix", "labextension"]
            results.append(
                run("front end (vitest)", npm, "run", "--silent", *prefix, "test", quiet=True)
            )
        versions = find_pythons()
        others = {}
        for version in versions:
            python = pure_venv(version) / BIN / "python"
            if version != version_of(VENV_PYTHON) and python.exists():
                name = f"pure tests on Python {version}"
                others[name] = [str(python), "-m", "pytest", *OTHER_PYTHONS, "tests"]
        results += run_together(others)
        own = version_of(VENV_PYTHON)
        for absent in sorted({"3.10", "3.11", "3.12", "3.13"} - {*versions, own}):
            results.append(Run(f"pure tests on Python {absent}: not on this machine", True))
    results += run_pytest(arguments)
    # CI shows the end of the output only, and pytest's part is long.
    for failed in (each for each in results if not each.passed and each.said):
        print("", f"== {failed.line}", *failed.said.splitlines()[-FAILED_LINES:], sep="\n")
    print()
    for each in results:
        print(each.line)
    return 0 if all(each.passed for each in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
