"""The doctor: what is installed, what is wrong, and what to do about it. It prints no secret.

It only checks whether keys and tokens are there, and names the variable or file.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

from jupyter_claude_sdk import CLINotFoundError
from jupyter_claude_sdk.lowlevel import (
    MINIMUM_CLI_VERSION,
    REMEDY,
    TESTED_CLI_VERSION,
    on_path,
    version_tuple,
)

from .._health.health import GROUPS, POLICY, problems_here
from .._health.problem import Problem
from .._paths import own_cli
from .._policy.day import Day
from .._policy.policy import load_policy
from .._policy.words import limits, not_writable
from .._process.permitted import find_permitted_cli
from .._providers.given import given
from .._providers.network import NETWORK, network_problems, network_text
from .._providers.provider import PROVIDER, provider_of, provider_problems
from .._settings import practice_chosen
from .._signin.status import sign_in
from .._tables import Column, Report, Table
from .._text import one_line
from .._turns.errors import ClaudeError
from .._views.library import views_file
from .install import cli_version

MINIMUM_IPYKERNEL = "6.31"
_COLUMNS = (
    Column("check", "name"),
    Column("state"),
    Column("found", "long"),
    Column("what to do", "long"),
)


class Finding(NamedTuple):
    """One line of the report.

    Attributes
    ----------
    name : str
        What the doctor checked.
    ok : bool
        Whether it is in order.
    text : str
        What the doctor found.
    remedy : str
        What to do about it; empty if there is nothing to do.
    missing : bool
        Whether what is wrong is that it is not there.
    """

    name: str
    ok: bool
    text: str
    remedy: str = ""
    missing: bool = False

    @property
    def state(self) -> Literal["ok", "missing", "problem"]:
        """The finding in a word."""
        return "ok" if self.ok else "missing" if self.missing else "problem"


def report(
    cli: str | None = None,
    environment: Mapping[str, str] | None = None,
    practice: bool | None = None,
    bridge: str | None = None,
    problems: list[Problem] | None = None,
) -> list[Finding]:
    """Check everything that a turn needs.

    Parameters
    ----------
    cli : str, optional
        The path of the CLI, if the user chose one.
    environment : mapping of str to str, optional
        Variables that the session gives the CLI in addition to this process's own.
    practice : bool, optional
        Whether the practice model answers. Default: as ``JUPYTER_CLAUDE_PRACTICE`` says.
    bridge : str, optional
        `CommBridge.state`, in a kernel that has loaded the extension.
    problems : list of Problem, optional
        The session's known problems. Default: check this process's folder.

    Returns
    -------
    list of Finding
        Basic things first.
    """
    program, cli_finding = _cli(cli)
    if practice is None:
        practice = practice_chosen()
    if practice:
        signed = Finding("Sign-in", True, "not needed: the practice model answers")
    else:
        signed = _signed(program, environment)
    known = problems_here(environment) if problems is None else problems
    return [
        _python(),
        *_jupyter(),
        _kernel(),
        _front_end(),
        *_clicks(bridge),
        *_widgets(),
        cli_finding,
        *_provider(environment, practice),
        signed,
        *_around(known),
        *_policy({problem.subject for problem in known if problem.name == POLICY}),
    ]


class Diagnosis:
    """Findings, which a notebook shows as a table and a terminal as lines.

    Parameters
    ----------
    findings : list of Finding
        The findings.
    """

    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings

    @property
    def _verdict(self) -> str:
        wrong = sum(not finding.ok for finding in self._findings)
        problems = "1 problem" if wrong == 1 else f"{wrong} problems"
        return f"{problems} to fix." if wrong else "Everything is in order."

    def __repr__(self) -> str:
        width = max((len(finding.name) for finding in self._findings), default=0)
        lines = []
        for finding in self._findings:
            lines.append(f"{finding.state:<7}  {finding.name:<{width}}  {finding.text}")
            if finding.remedy:
                lines.append(f"{'':9}{'':<{width}}  → {finding.remedy}")
        return "\n".join([*lines, self._verdict])

    def _repr_html_(self) -> str:
        rows = [
            (finding.name, finding.state, one_line(finding.text), one_line(finding.remedy))
            for finding in self._findings
        ]
        table = Table("Installation", _COLUMNS, rows)
        if all(finding.ok for finding in self._findings):
            table = Table("Installation", _COLUMNS[:3], [row[:3] for row in rows])
        return Report(table, self._verdict)._repr_html_()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _python() -> Finding:
    text = f"{platform.python_version()} ({sys.executable})"
    ok = sys.version_info >= (3, 10)
    return Finding("Python", ok, text, "" if ok else "use Python 3.10 or later")


def _jupyter() -> Iterator[Finding]:
    found = {name: _version(name) for name in ("jupyterlab", "notebook", "jupyter-server")}
    here = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    yield Finding("Jupyter", True, here or "none in this environment; the server may have its own")


def _kernel() -> Finding:
    number = _version("ipykernel")
    if number is None:
        return Finding("ipykernel", True, "not here; `%load_ext` works in a terminal IPython too")
    ok = version_tuple(number) >= version_tuple(MINIMUM_IPYKERNEL)
    remedy = f"`pip install -U ipykernel` ({MINIMUM_IPYKERNEL} or later), then restart the kernel"
    return Finding("ipykernel", ok, number, "" if ok else remedy)


def _front_end() -> Finding:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return Finding("Front end", True, "none: this is not a notebook")
    if getattr(shell, "kernel", None) is None:
        return Finding("Front end", True, "a terminal: requests are answered with y, n or a")
    if any(name.startswith("VSCODE_") for name in os.environ):
        text = (
            "a notebook in VS Code, as far as the kernel can see: it has no side bar and no "
            "buttons below cells; `%claude panel` shows the chat"
        )
        return Finding("Front end", True, text)
    if os.environ.get("JPY_SESSION_NAME"):
        name = Path(os.environ["JPY_SESSION_NAME"]).name
        return Finding("Front end", True, f"a notebook of a Jupyter server ({name})")
    return Finding("Front end", True, "an unknown kind")


def _clicks(bridge: str | None) -> Iterator[Finding]:
    """Check whether a click reaches Python while a cell runs."""
    if bridge is None or "not a kernel" in bridge:
        return
    ok = bridge == "bridge"
    text = "they reach Python at once" if ok else bridge
    remedy = "until this is fixed, buttons for requests may not work in a running cell"
    yield Finding("Clicks in a cell", ok, text, "" if ok else remedy)


def _widgets() -> Iterator[Finding]:
    for package in ("ipywidgets", "anywidget"):
        number = _version(package)
        remedy = "" if number else f"`pip install {package}`, then restart the kernel"
        here = number is not None
        yield Finding(package, here, number or "not installed", remedy, not here)
    try:
        views_file()
    except ClaudeError as error:
        yield Finding("Widget", False, str(error), "")
    missing = _missing_extensions()
    if missing:
        text = f"this Jupyter server has no {' and no '.join(missing)}"
        remedy = "`pip install ipywidgets anywidget` where the server runs, then reload the page"
        yield Finding("Front-end extensions", False, text, remedy, missing=True)


def _missing_extensions() -> list[str]:
    """Return the front-end extensions that a server in this environment would lack."""
    if not _version("jupyter-server"):
        return []  # the server and its folders are elsewhere
    from jupyter_core.paths import jupyter_path

    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    wanted = ["@jupyter-widgets/jupyterlab-manager", "anywidget"]
    return [name for name in wanted if not any((folder / name).is_dir() for folder in folders)]


def _cli(option: str | None) -> tuple[Path | None, Finding]:
    """Check the CLI. The program is None if it cannot be used."""
    name = "Claude Code CLI"
    try:
        program = find_permitted_cli(option)
    except CLINotFoundError as error:
        text, _, remedy = str(error).partition(";")
        return None, Finding(name, False, text, remedy.strip() or REMEDY, missing=True)
    found = cli_version(program)
    if found is None:
        return None, Finding(name, False, f"{program} does not run", REMEDY)
    text = f"{found} ({program}{', installed by jupyter-claude' if program == own_cli() else ''})"
    if version_tuple(found) < version_tuple(MINIMUM_CLI_VERSION):
        need = f"{MINIMUM_CLI_VERSION} or later is needed; {REMEDY}"
        if program == on_path("claude"):
            # Our installation comes last in the search, so a setting must skip the old one.
            need += f", then set JUPYTER_CLAUDE_CLI={own_cli()}"
        return None, Finding(name, False, f"{text} is too old", need)
    tested = "" if found == TESTED_CLI_VERSION else f"; tested with {TESTED_CLI_VERSION}"
    return program, Finding(name, True, text + tested)


def _around(problems: list[Problem]) -> Iterator[Finding]:
    """Yield a line for each problem, and for each subject without one."""
    for name, fine in GROUPS.items():
        wrong = [problem for problem in problems if problem.name == name]
        for problem in wrong:
            yield Finding(name, False, one_line(problem.text), problem.remedy)
        if not wrong:
            yield Finding(name, True, fine)


def _provider(environment: Mapping[str, str] | None, practice: bool) -> Iterator[Finding]:
    """Yield who answers, over which network, and what is wrong with that."""
    if practice:
        return  # nobody is asked
    variables = given(environment)
    yield Finding(PROVIDER, True, provider_of(variables).text)
    for problem in provider_problems(variables):
        yield Finding(PROVIDER, False, problem.text, problem.remedy)
    yield Finding(NETWORK, True, network_text(variables))
    for problem in network_problems(variables):
        yield Finding(NETWORK, False, problem.text, problem.remedy)


def _policy(known: set[str]) -> Iterator[Finding]:
    """Yield a line for each limit that the administrator sets, and each file not known as wrong."""
    policy = load_policy()
    for what, words in limits(policy, Day().total):
        yield Finding(f"Policy: {what}", True, words)
    for path, words in not_writable(policy):
        if str(path) not in known:
            remedy = "tell the administrator: the folder must exist, and each user must write there"
            yield Finding("Policy: spend", False, words, remedy)


def _signed(program: Path | None, environment: Mapping[str, str] | None) -> Finding:
    found = sign_in(program, environment)
    if found:
        return Finding("Sign-in", True, found)
    text = "none" if program else "unknown, because it is Claude Code that knows it"
    remedy = sign_in_remedy()
    if gateway := provider_of(given(environment)).gateway:
        remedy = f"set ANTHROPIC_AUTH_TOKEN to a token of the gateway at {gateway}; or {remedy}"
    return Finding("Sign-in", False, text, remedy, missing=program is not None)


def sign_in_remedy() -> str:
    """Return what to do without a sign-in."""
    return (
        "run `%claude login` in a notebook or `jupyter-claude login` in a terminal, or set "
        "ANTHROPIC_API_KEY before Jupyter starts; to try it out without a sign-in, set "
        "JUPYTER_CLAUDE_PRACTICE=1"
    )
