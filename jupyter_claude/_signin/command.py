"""The command that starts Claude Code's own sign-in, by pipes or in a terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Environment


def sign_in_command(
    program: Path, environment: Mapping[str, str], *, console: bool
) -> tuple[list[str], Environment]:
    """Return the command and its complete environment. Run it in the program's own folder.

    Parameters
    ----------
    program : Path
        The CLI.
    environment : mapping of str to str
        Variables in addition to this process's own.
    console : bool
        Whether to sign in to the Anthropic Console, which bills by use, instead of a subscription.
    """
    variables = Environment({**os.environ, **environment})
    variables.pop("CLAUDECODE", None)
    return [str(program), "auth", "login", *(["--console"] if console else [])], variables
