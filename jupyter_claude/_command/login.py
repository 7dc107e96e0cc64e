"""``jupyter-claude login``: Claude Code's own sign-in, in the terminal that it is started in."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from .._paths import find_cli
from .._signin.command import sign_in_command


def login(
    *, console: bool = False, cli: str | None = None, environment: Mapping[str, str] | None = None
) -> int:
    """Let Claude Code's sign-in have the terminal; return its exit status.

    Parameters
    ----------
    console : bool
        Whether to sign in to the Anthropic Console.
    cli : str, optional
        The path of the CLI that the user chose, if one.
    environment : mapping of str to str, optional
        Variables over the process's own.

    Raises
    ------
    CLINotFoundError
        If there is no CLI.
    """
    program = find_cli(cli)
    command, variables = sign_in_command(program, environment or {}, console=console)
    # In the CLI's own folder: the present one has no say in it.
    return subprocess.run(command, env=variables, cwd=program.parent).returncode
