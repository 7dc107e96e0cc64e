"""``jupyter-claude login``: runs Claude Code's own sign-in in this terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from .._process.permitted import find_permitted_cli
from .._signin.command import sign_in_command


def login(
    *, console: bool = False, cli: str | None = None, environment: Mapping[str, str] | None = None
) -> int:
    """Run Claude Code's sign-in in this terminal; return its exit status.

    Parameters
    ----------
    console : bool
        Whether to sign in to the Anthropic Console.
    cli : str, optional
        The path of the CLI, if the user chose one.
    environment : mapping of str to str, optional
        Variables in addition to this process's own.

    Raises
    ------
    CLINotFoundError
        If there is no CLI.
    """
    program = find_permitted_cli(cli)
    command, variables = sign_in_command(program, environment or {}, console=console)
    # In the CLI's own folder: the present folder must not influence the sign-in.
    return subprocess.run(command, env=variables, cwd=program.parent).returncode
