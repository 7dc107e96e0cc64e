"""JupyterLab suggests the magics that the kernel has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_claude._cell_usage import CELL_USAGE
from jupyter_claude._engine.modes import KERNEL
from jupyter_claude._ipython.help import COMMANDS
from jupyter_claude._replay.mode import MODES
from tests.typescript import run

pytestmark = pytest.mark.pure

_PROGRAM = """\
import { suggest } from "./plugin/prose/completions";
const known = { models: [], modes: [], kernels: [] };
main((lines: string[]) =>
  lines.map((line) => suggest(line, line.length, known)?.items.map(({ text }) => text)),
);
"""


def test_each_command_and_option_is_suggested(tmp_path: Path) -> None:
    """Else the user must know a new command or option by heart."""
    lines = ["%%claude ", "%claude ", "%claude kernel ", "%claude replay "]
    options, commands, kernel, replay = run(_PROGRAM, lines, tmp_path)
    assert sorted(options) == sorted(re.findall(r"--[\w-]+", CELL_USAGE))
    assert commands == [form.split()[1] for form, _ in COMMANDS]
    assert kernel == [choice["value"] for choice in KERNEL]
    assert replay == list(MODES)
