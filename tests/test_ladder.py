"""The ladder of tests itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scripts import check, needs, run_tests, setup, side_by_side
from scripts.commands import Run
from tests.hangs import HANG

pytestmark = pytest.mark.pure

CLOCK = re.compile(
    r"time\.(?:monotonic|perf_counter|process_time|thread_time)(?:_ns)?\(\)|anyio\.current_time\(\)"
)
HANGS = """
import threading

def test_that_passes_before():
    pass

def test_that_hangs():
    while True:
        try:
            threading.Event().wait()
        except BaseException:  # as pytest does while it writes a traceback
            pass

def test_that_passes_after():
    pass
"""


@pytest.mark.endurance
def test_a_test_that_hangs_takes_no_other_with_it(tmp_path: Path) -> None:
    """Otherwise: one hang, and nobody knows whether the other two thousand pass."""
    (tmp_path / "test_hangs.py").write_text(HANGS)
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    ini = tmp_path / "pytest.ini"
    ini.write_text("[pytest]\nfaulthandler_timeout = 4\n")
    command = [sys.executable, "-m", "pytest", f"--rootdir={tmp_path}", "-c", str(ini)]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [*command, "--numprocesses=2", *run_tests.SIDE_BY_SIDE, "--timeout=5", str(tmp_path)],
        cwd=setup.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "1 failed, 3 passed" in done.stdout
    assert "test_hangs.py::test_that_hangs" in done.stdout
    assert "in test_that_hangs" in done.stderr  # where it stood


#: Files of tests that read a clock, and why: each waits for something that no event tells of.
CLOCKS = {
    "hangs.py": "says what a hang is",
    "arrivals.py": "waits for messages until a hang, and says when a request was sent",
    "harness.py": "notes when each request came",
    "lab.py": "looks at a page again until a hang",
    "console.py": "reads a terminal until a hang",
    "test_parent_death.py": "looks again at processes that are not its children",
    "test_running_stop.py": "has code for Claude to run that takes a second",
    "test_pool.py": "looks again at processes that are not its children",
    "test_scripted_model.py": "a delay is at least as long as asked for",
}


def test_no_test_asks_for_speed() -> None:
    """Otherwise: a busy machine fails a test, and a whole change does not land."""
    faults = []
    for file in (setup.ROOT / "tests").rglob("*.py"):
        text = file.read_text("utf-8")
        if file.name not in CLOCKS:
            faults += [f"{file.name}: {name}" for name in re.findall(CLOCK, text)]
        for end in re.findall(r"\b(?:fail_after\(|wait_for\([^\n]*, )([\d.]+)\)", text):
            faults += [f"{file.name}: a hang after {end} s"] if float(end) < HANG else []
    assert faults == [], "`make bench` measures; tests.hangs.HANG is for waits"


def test_what_tests_need_are_steps_of_the_set_up() -> None:
    """Otherwise: `make test ARGS=…` ends in set-up's usage text."""
    steps = {
        step for table in (needs.NAMES, needs.FILES) for more in table.values() for step in more
    }
    assert steps <= setup.STEPS.keys()
    assert [start for start in needs.FILES if not (setup.ROOT / start).exists()] == []


def test_quick_sets_up_what_its_tests_need() -> None:
    """Otherwise: in a new clone the first `make quick` fails, and nothing is wrong with it."""
    makefile = (setup.ROOT / "Makefile").read_text(encoding="utf-8")
    (quick,) = re.findall(r"^quick:\n\t@\$\(SETUP\) (.+)$", makefile, re.MULTILINE)
    for start, steps in needs.FILES.items():
        place = setup.ROOT / start
        files = [place] if place.is_file() else place.rglob("test_*.py")
        if any(re.search(r"\bmark\.pure\b", file.read_text("utf-8")) for file in files):
            assert set(steps) <= set(quick.split()), f"{start} has pure tests"


def test_ci_leaves_out_no_check_and_no_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: a change passes that `make check` or `make test` would not let pass."""
    commands: dict[str, tuple[str, ...]] = {}

    def run(name: str, *command: str, quiet: bool = False) -> Run:
        commands[name] = command
        return Run(name, name != "Python lint")

    steps: list[str] = []
    monkeypatch.setattr(run_tests, "run", run)
    monkeypatch.setattr(check, "run", run)
    monkeypatch.setattr(setup, "main", steps.extend)
    monkeypatch.setattr(run_tests, "use_own_cli", lambda: None)
    assert run_tests.main(["ci"]) == 1, "a check that fails does not count"
    together = dict(commands)
    commands.clear()
    assert check.main() == 1
    assert run_tests.main(["test"]) == 0
    assert together == commands
    makefile = (setup.ROOT / "Makefile").read_text(encoding="utf-8")
    (whole,) = re.findall(r"^setup:\n\t@\$\(SETUP\) (.+)$", makefile, re.MULTILINE)
    assert ["venv", *steps] == whole.split()


def test_a_chosen_test_of_the_front_end_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise: `make test ARGS=labextension/test/…` runs no test at all."""
    commands: list[tuple[str, ...]] = []

    def run(name: str, *command: str, quiet: bool = False) -> Run:
        commands.append(command)
        return Run(name, True)

    monkeypatch.setattr(run_tests, "run", run)
    monkeypatch.setattr(setup, "main", lambda steps: None)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert run_tests.main(["some", "labextension/test/prose.test.ts", "-t", "modes"]) == 0
    assert [command[-5:] for command in commands] == [
        ("test", "--", "test/prose.test.ts", "-t", "modes")
    ]


def test_what_takes_long_begins_first() -> None:
    """Otherwise: a minute's test begins last, and the other workers wait for it."""
    names = [
        "kernels/test_a",
        "browser/test_b",
        "extension/test_c",
        "test_d",
        "labextension/test_e",
    ]
    items = [SimpleNamespace(nodeid=f"tests/{name}.py::test") for name in names]
    side_by_side.pytest_collection_modifyitems(cast(Any, items))
    order = [item.nodeid.split("/", 1)[1].removesuffix(".py::test") for item in items]
    assert order == [
        "browser/test_b", "test_d", "extension/test_c", "labextension/test_e", "kernels/test_a"
    ]  # fmt: skip
