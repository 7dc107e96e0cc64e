"""Run the tests: a rung of the ladder, or those that pytest's arguments choose.

Usage: .venv/bin/python -m scripts.run_tests quick | test | all | ci
       .venv/bin/python -m scripts.run_tests some PYTEST-ARGUMENT…
       .venv/bin/python -m scripts.run_tests some labextension/test/FILE… VITEST-ARGUMENT…

  quick  vitest, and the pure tests on asyncio: no CLI, no kernel, no browser
  test   vitest, and all tests but those of endurance and of other environments
  all    all tests, and the pure ones on each Python of this machine
  ci     `make check` and `make test`, at the same time
  some   the tests that the arguments choose, after the set-up that they need

The exit status is 0 if everything passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts import check, setup
from scripts.commands import Run, report, run
from scripts.setup import BIN, ROOT, VENV_PYTHON, find_pythons, pure_venv, version_of

PURE = ["-m", "pure and not cli and not endurance", "-k", "not trio"]
TEST = ["-m", "not endurance"]

#: Where the front end's tests are.
VITEST = "labextension/test/"

#: Tests run at the same time. Tests of kernels and browsers wait a lot, so there are more workers
#: than cores. Tests in browsers take longest, so they begin first.
#: If a test hangs, a timer thread ends its worker at once, and a new worker runs the other tests.
#: An exception in the middle of pytest's own code would end all of them.
SIDE_BY_SIDE = [
    *("-p", "scripts.side_by_side", "--dist=loadfile", "--no-loadscope-reorder"),
    "--timeout-method=thread",
]
WORKERS = (os.cpu_count() or 2) + 1


def use_own_cli() -> None:
    """Make the tests use the tested CLI, and not the `claude` on PATH."""
    if not os.environ.get("JUPYTER_CLAUDE_CLI"):
        asked = subprocess.run(
            [VENV_PYTHON, "-m", "jupyter_claude", "install-cli", "--if-missing", "--print-path"],
            capture_output=True,
            text=True,
        )
        if asked.returncode:
            raise SystemExit(asked.stderr.strip())
        os.environ["JUPYTER_CLAUDE_CLI"] = asked.stdout.strip()


def front_end(*arguments: str) -> list[Run]:
    """Run the front end's tests, or those that vitest's arguments choose."""
    npm = shutil.which("npm")
    if npm is None:
        return []
    command = [npm, "run", "--silent", "--prefix", "labextension", "test", *arguments]
    return [run("front end (vitest)", *command, quiet=True)]


def pytest(name: str, *arguments: str, workers: int = WORKERS) -> Run:
    """Run .venv's pytest, with several workers."""
    command = [str(VENV_PYTHON), "-m", "pytest", f"--numprocesses={workers}", *SIDE_BY_SIDE]
    return run(name, *command, "--durations=20", *arguments)


def both_languages(name: str, *arguments: str, workers: int = WORKERS) -> list[Run]:
    """Run .venv's pytest, and the front end's tests at the same time."""
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(front_end)
        python = pytest(name, *arguments, workers=workers)
        return [*started.result(), python]


def other_pythons() -> list[Run]:
    """Run the pure tests on all other Pythons, at the same time."""
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
    """Return the steps of the set-up that the chosen tests need."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "needs")
        command = [str(VENV_PYTHON), "-m", "pytest", "--collect-only", "-qq", "-p", "scripts.needs"]
        environment = {**os.environ, "JUPYTER_CLAUDE_NEEDS": str(file)}
        subprocess.run([*command, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        # If pytest cannot collect the tests, the run itself says so.
        return file.read_text(encoding="utf-8").split() if file.exists() else []


def some(arguments: list[str]) -> list[Run]:
    """Run the tests that pytest's arguments choose, or vitest's if they name its tests."""
    if any(each.startswith(VITEST) for each in arguments):
        setup.main(["packages"])
        return front_end("--", *(each.removeprefix("labextension/") for each in arguments))
    steps = needed(arguments)
    setup.main(["venv", "frontend", *steps])
    if "cli" in steps:
        use_own_cli()
    return [pytest("pytest", *arguments)]


def ci() -> list[Run]:
    """Check and test at the same time: the set-up and many tests only wait."""
    steps = ["packages", "frontend", "cli", "chromium"]
    steps += ["kernels", "mcps", "texts", "vs_code", "wheel"]
    with ThreadPoolExecutor(1) as beside:
        checked = [
            beside.submit(run, name, *command, quiet=True)
            for name, command in check.of_python().items()
        ]
        setup.main(steps)
        checked += [
            beside.submit(run, name, *command, quiet=True)
            for name, command in {**check.of_front_end(), **check.of_words()}.items()
        ]
        in_pages = beside.submit(front_end)
        use_own_cli()
        python = pytest("pytest", *TEST)
        return [*(each.result() for each in checked), *in_pages.result(), python]


def main(arguments: list[str]) -> int:
    rung = arguments[0] if arguments else ""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each kernel compiles our modules
    if rung == "quick":
        results = both_languages("pure tests", "-q", *PURE, "tests", workers=2)
    elif rung == "test":
        use_own_cli()
        results = both_languages("pytest", *TEST)
    elif rung == "all":
        use_own_cli()
        os.environ["JUPYTER_CLAUDE_ENVIRONMENTS"] = "1"
        results = [*other_pythons(), *both_languages("pytest")]
    elif rung == "ci":
        results = ci()
    elif rung == "some":
        results = some(arguments[1:])
    else:
        raise SystemExit(__doc__)
    return report(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
