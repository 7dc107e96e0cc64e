"""Fixtures of this folder: the consoles, each in the environment of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from scripts import setup
from tests.consoles.console import QtConsole, Start, TerminalConsole
from tests.kernels.harness import REPOSITORY


@pytest.fixture
def start(cli: Path, scripted: Callable[[Any], ScriptedModel], tmp_path: Path) -> Iterator[Start]:
    """Start consoles by name; they end with the test.

    ``start("spyder", script)`` starts qtconsole with Spyder's kernel: Spyder's own console is that
    widget, and it starts its kernels so.
    """
    started: list[Any] = []

    def console(name: str, script: Any) -> Any:
        own = Path(sys.executable)
        windows = own if name == "jupyter console" else setup.consoles()
        python = windows if name == "spyder" else own
        module = "spyder_kernels.console" if name == "spyder" else "ipykernel_launcher"
        spec = tmp_path / "jupyter" / "kernels" / "under-test" / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [str(python), "-m", module, "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))
        folder = tmp_path / "work"
        folder.mkdir()
        environment = {
            **os.environ,
            **scripted(script).env,
            "JUPYTER_CLAUDE_CLI": str(cli),
            "HOME": str(tmp_path),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "JUPYTER_PATH": str(tmp_path / "jupyter"),
            "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter-config"),
            "JUPYTER_RUNTIME_DIR": str(tmp_path / "jupyter-runtime"),
            "XDG_RUNTIME_DIR": str(tmp_path),
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk")]),
        }
        environment.pop("COLUMNS", None)
        arguments = ["--kernel", "under-test"]
        if name == "jupyter console":
            command = [sys.executable, "-m", "jupyter_console", *arguments]
            started.append(TerminalConsole(command, folder, environment))
        else:
            started.append(QtConsole(windows, arguments, folder, environment))
        return started[-1]

    yield console
    for each in started:
        each.close()
