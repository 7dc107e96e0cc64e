"""The ladder of tests itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import needs, run_tests, setup

pytestmark = pytest.mark.pure

HANGS = """
def test_that_passes_before():
    pass

def test_that_hangs():
    while True:
        try:
            while True:
                pass
        except BaseException:  # as pytest does while it writes a traceback
            pass

def test_that_passes_after():
    pass
"""


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


def test_what_tests_need_are_steps_of_the_set_up() -> None:
    """Otherwise: `make test ARGS=…` ends in set-up's usage text."""
    steps = {
        step for table in (needs.NAMES, needs.FILES) for more in table.values() for step in more
    }
    assert steps <= setup.STEPS.keys()
    assert [start for start in needs.FILES if not (setup.ROOT / start).exists()] == []
