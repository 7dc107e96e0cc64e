"""`given`: the variables that Claude Code works with, also those of its settings files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Environment, config_folder, read_json

from .._health.files import managed_files
from .._paths import current_folder
from .addresses import BY_HOST


def given(environment: Mapping[str, str] | None = None) -> Environment:
    """Return all of Claude Code's variables. Settings files count before this process's own.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Variables in addition to this process's own.
    """
    variables = Environment({**os.environ, **(environment or {})})
    if variables.get(BY_HOST):
        return variables
    for path in reversed(list(settings_files(config_folder(variables).expanduser()))):
        set_there = read_json(path).get("env")
        if isinstance(set_there, dict):
            variables.update({str(name): str(value) for name, value in set_there.items()})
    return variables


def settings_files(folder: Path) -> Iterator[Path]:
    """Yield the settings files that the CLI reads, managed ones first.

    Parameters
    ----------
    folder : Path
        The CLI's own folder.
    """
    yield from managed_files()
    yield current_folder() / ".claude" / "settings.local.json"
    yield current_folder() / ".claude" / "settings.json"
    yield folder / "settings.json"
