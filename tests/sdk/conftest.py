"""Fixtures of the SDK's tests."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FAKES = Path(__file__).parent / "fakes"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run every async test on both event loops."""
    return str(request.param)


@pytest.fixture
def fake(tmp_path: Path) -> Callable[[str], Path]:
    """Make a program from a script in fakes/. It runs with this Python."""

    def make(name: str) -> Path:
        program = tmp_path / name
        script = FAKES / f"{name}.py"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{script}" "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program

    return make


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Return a function that tells whether a process has ended. A zombie has ended."""

    def has_ended(pid: int) -> bool:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        return state == "Z"

    return has_ended
