"""Run the tests: a rung of the ladder, or those that pytest's arguments choose.

Usage: .venv/bin/python -m scripts.run_tests quick | test | all
       .venv/bin/python -m scripts.run_tests some PYTEST-ARGUMENT…

  quick  vitest, and the pure tests on one event loop: no CLI, no kernel, no browser
  test   vitest, and every test but those of endurance and of other environments
  all    every test there is, and the pure ones on each Python of this machine
  some   what the arguments choose, after setting up what these tests need

The exit status is 0 when everything passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts import setup
from scripts.setup import BIN, ROOT, VENV_PYTHON, find_pythons, pure_venv, version_of

PURE = ["-m", "pure and not cli and not endurance", "-k", "not trio"]
FAILED_LINES = 40

#: Tests run side by side. Those of kernels and browsers wait a lot, so more than one for each core;
#: they go in the order of their folders, since those in browsers take longest and come first.
#: A test that hangs ends its worker, at once and from outside of Python, and a new worker goes on
#: with the other tests: an exception in the middle of pytest's own work would end them all.
SIDE_BY_SIDE = [
    *("-p", "scripts.side_by_side", "--dist=loadfile", "--no-loadscope-reorder"),
    "--timeout-method=thread",
]
WORKERS = (os.cpu_count() or 2) + 1


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


def use_own_cli() -> None:
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


def front_end() -> list[Run]:
    """Run the front end's tests."""
    npm = shutil.which("npm")
    if npm is None:
        return []
    command = [npm, "run", "--silent", "--prefix", "labextension", "test"]
    return [run("front end (vitest)", *command, quiet=True)]


def pytest(name: str, *arguments: str, workers: int = WORKERS) -> Run:
    """Run .venv's pytest, files side by side."""
    command = [str(VENV_PYTHON), "-m", "pytest", f"--numprocesses={workers}", *SIDE_BY_SIDE]
    return run(name, *command, "--durations=20", *arguments)


def both_languages(name: str, *arguments: str, workers: int = WORKERS) -> list[Run]:
    """Run .venv's pytest, and the front end's tests beside it."""
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(front_end)
        python = pytest(name, *arguments, workers=workers)
        return [*started.result(), python]


def other_pythons() -> list[Run]:
    """Run the pure tests on every other Python, side by side."""
    own = version_of(VENV_PYTHON)
    commands = {}
    absent = []
    for version in sorted({*setup.PYTHONS} - {own}):
        python = pure_venv(version) / BIN / "python"
        if version in find_pythons() and python.exists():
            commands[version] = [str(python), "-m", "pytest", "-q", *PURE, "tests"]
        else:
            absent.append(Run(f"pure tests on Python {version}: not on this machine", True))
    with ThreadPoolExecutor(max(len(commands), 1)) as pool:
        started = [
            pool.submit(run, f"pure tests on Python {version}", *command, quiet=True)
            for version, command in commands.items()
        ]
        return [each.result() for each in started] + absent


def needed(arguments: list[str]) -> list[str]:
    """Return the steps of set-up that the chosen tests need."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "needs")
        command = [str(VENV_PYTHON), "-m", "pytest", "--collect-only", "-qq", "-p", "scripts.needs"]
        environment = {**os.environ, "JUPYTER_CLAUDE_NEEDS": str(file)}
        subprocess.run([*command, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        # Where pytest could not even collect, it says so in the run itself.
        return file.read_text(encoding="utf-8").split() if file.exists() else []


def some(arguments: list[str]) -> list[Run]:
    """Run the tests that pytest's arguments choose."""
    steps = needed(arguments)
    setup.main(["venv", "frontend", *steps])
    if "cli" in steps:
        use_own_cli()
    return [pytest("pytest", *arguments)]


def main(arguments: list[str]) -> int:
    rung = arguments[0] if arguments else ""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else a thousand kernels compile our modules
    if rung == "quick":
        results = both_languages("pure tests", "-q", *PURE, "tests", workers=2)
    elif rung == "test":
        use_own_cli()
        results = both_languages("pytest", "-m", "not endurance")
    elif rung == "all":
        use_own_cli()
        os.environ["JUPYTER_CLAUDE_ENVIRONMENTS"] = "1"
        results = [*other_pythons(), *both_languages("pytest")]
    elif rung == "some":
        results = some(arguments[1:])
    else:
        raise SystemExit(__doc__)
    # CI shows the end of the output only, and pytest's part is long.
    for failed in (each for each in results if not each.passed and each.said):
        print("", f"== {failed.line}", *failed.said.splitlines()[-FAILED_LINES:], sep="\n")
    print()
    for each in results:
        print(each.line)
    return 0 if all(each.passed for each in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
