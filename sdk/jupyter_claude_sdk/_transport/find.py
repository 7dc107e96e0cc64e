"""Finds the Claude Code CLI, and checks that it is new enough."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from .._errors import CLINotFoundError, CLIVersionError
from .._version import MINIMUM_CLI_VERSION

#: How to install a CLI. Every error about a missing or old CLI ends with it.
REMEDY = "run `jupyter-claude install-cli`, or `npm install -g @anthropic-ai/claude-code`"


def own_cli() -> Path:
    """Return the path of the program that `jupyter-claude install-cli` installs."""
    package = Path("cli", "node_modules", "@anthropic-ai", "claude-code")
    return _own_folder() / package / "bin" / "claude.exe"


def _own_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("jupyter-claude", appauthor=False)


def on_path(name: str) -> Path | None:
    """Return a program on PATH, or None. Unlike `shutil.which`, never take the current folder's.

    PATH may name the current folder with ``.`` or an empty entry, and Windows always looks there.
    """
    endings = (
        os.environ.get("PATHEXT", ".EXE").split(os.pathsep) if sys.platform == "win32" else [""]
    )
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for ending in endings if os.path.isabs(folder) else ():
            program = Path(folder, name + ending)
            # `Path.is_file` raises an error in a closed folder, before Python 3.14.
            if os.path.isfile(program) and os.access(program, os.X_OK):
                return program
    return None


def find_cli(option: str | Path | None = None) -> Path:
    """Find the CLI: `option`, ``JUPYTER_CLAUDE_CLI``, ``claude`` on PATH, or our own install.

    Parameters
    ----------
    option : str or Path, optional
        A path that the user gave; it must exist.

    Returns
    -------
    Path
        The program.

    Raises
    ------
    CLINotFoundError
        If there is no CLI, or if `option` or the variable names a file that does not exist or
        that this user may not look at.
    """
    for source, value in (("cli_path", option), ("JUPYTER_CLAUDE_CLI", _variable())):
        if value:
            path = Path(os.path.abspath(os.path.expanduser(value)))  # the CLI may start elsewhere
            if os.path.isfile(path):
                return path
            if _is_closed(path):
                raise CLINotFoundError(
                    f"{source} names a file in a folder that your user may not enter: {path}; ask "
                    "its owner to run `jupyter-claude install-cli --for-all FOLDER` and name that, "
                    f"or unset it and {REMEDY}"
                )
            raise CLINotFoundError(
                f"{source} names a file that does not exist: {path}; set it to the CLI's program, "
                f"or unset it and {REMEDY}"
            )
    found = on_path("claude")
    if found:
        return found
    own = own_cli()
    if own.is_file():
        _check_owner(own)
        return own
    raise CLINotFoundError(f"Claude Code CLI not found; {REMEDY}")


def _is_closed(path: Path) -> bool:
    """Return whether this user may not look at a path."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _check_owner(program: Path) -> None:
    """Refuse our own install if another user may have changed it; take away the group's rights."""
    if sys.platform == "win32":
        return
    folders = [folder for folder in program.parents if folder.is_relative_to(_own_folder())]
    for path in (program, *folders):
        found = path.stat()
        if found.st_uid not in (os.geteuid(), 0) or found.st_mode & stat.S_IWOTH:
            raise CLINotFoundError(
                f"Another user may have changed {path}, so Claude Code there is not started; "
                "remove it and run `jupyter-claude install-cli`"
            )
        if found.st_mode & stat.S_IWGRP and found.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(found.st_mode) & ~0o022)


def _variable() -> str | None:
    return os.environ.get("JUPYTER_CLAUDE_CLI")


def version_tuple(version: str) -> tuple[int, ...]:
    """Return ``(2, 1, 329)`` for ``"2.1.329 (Claude Code)"``; empty if there is no version."""
    numbers = []
    for part in version.split()[0].split(".") if version.split() else []:
        digits = part.split("-")[0]
        if not digits.isdigit():
            break
        numbers.append(int(digits))
    return tuple(numbers)


def check_version(version: str) -> None:
    """Raise `CLIVersionError` if the CLI's version is too old.

    With ``CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK`` in the environment every version passes.
    """
    found = version_tuple(version)
    if os.environ.get("CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK"):
        return
    if found and found < version_tuple(MINIMUM_CLI_VERSION):
        raise CLIVersionError(
            f"Claude Code {version} is too old, {MINIMUM_CLI_VERSION} or later is needed; {REMEDY}"
        )
