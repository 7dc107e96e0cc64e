"""What is installed, what is wrong, and what to do about it. No secret is ever read out.

Of keys and tokens only their presence is looked at, and only their place is named.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_claude_sdk._cli_files import config_folder
from jupyter_claude_sdk._errors import CLINotFoundError
from jupyter_claude_sdk._find import REMEDY, version_tuple
from jupyter_claude_sdk._version import MINIMUM_CLI_VERSION, TESTED_CLI_VERSION

from .._errors import ClaudeError
from .._paths import find_cli, own_cli
from .._settings import practice_chosen
from .._views.library import views_file
from .install import cli_version

MINIMUM_IPYKERNEL = "6.31"

# In the order of the CLI's own preference: a cloud provider, then tokens and keys.
PROVIDERS = {
    "CLAUDE_CODE_USE_BEDROCK": "Amazon Bedrock",
    "CLAUDE_CODE_USE_VERTEX": "Google Vertex AI",
    "CLAUDE_CODE_USE_FOUNDRY": "Microsoft Foundry",
}
SECRETS = {
    "ANTHROPIC_AUTH_TOKEN": "token",
    "ANTHROPIC_API_KEY": "API key",
    "CLAUDE_CODE_OAUTH_TOKEN": "token",
}
METHODS = {
    "api_key": "an API key",
    "api_key_helper": "an API key (apiKeyHelper)",
    "claude.ai": "the CLI's own login",
    "oauth_token": "a token",
    "third_party": "a cloud provider",
}


class Finding(NamedTuple):
    """One line of the report.

    Attributes
    ----------
    name : str
        What was looked at.
    ok : bool
        Whether that is in order.
    text : str
        What was found.
    remedy : str
        What to do about it; empty where there is nothing to do.
    """

    name: str
    ok: bool
    text: str
    remedy: str = ""


def report(
    cli: str | None = None,
    environment: Mapping[str, str] | None = None,
    practice: bool | None = None,
    bridge: str | None = None,
) -> list[Finding]:
    """Look at everything that a turn needs.

    Parameters
    ----------
    cli : str, optional
        The path of the CLI that the user chose, if one.
    environment : mapping of str to str, optional
        Variables that the session gives the CLI over the process's own.
    practice : bool, optional
        Whether the practice model answers; by default ``JUPYTER_CLAUDE_PRACTICE`` says.
    bridge : str, optional
        `CommBridge.state`, in a kernel that has loaded the extension.

    Returns
    -------
    list of Finding
        In the order in which things build on each other.
    """
    program, cli_finding = _cli(cli)
    if practice is None:
        practice = practice_chosen()
    if practice:
        signed = Finding("Sign-in", True, "not needed: the practice model answers")
    else:
        signed = _signed(program, environment)
    return [
        _python(),
        *_jupyter(),
        _kernel(),
        _front_end(),
        *_clicks(bridge),
        *_widgets(),
        cli_finding,
        signed,
    ]


def render(findings: list[Finding]) -> str:
    """Return findings as text: one line each, the remedy below what is wrong."""
    width = max((len(finding.name) for finding in findings), default=0)
    lines = []
    for finding in findings:
        mark = "ok   " if finding.ok else "WRONG"
        lines.append(f"{mark}  {finding.name:<{width}}  {finding.text}")
        if finding.remedy:
            lines.append(f"{'':7}{'':<{width}}  → {finding.remedy}")
    wrong = sum(not finding.ok for finding in findings)
    lines.append("Everything is in order." if not wrong else f"To mend: {wrong}.")
    return "\n".join(lines)


def sign_in(
    program: Path | None = None, environment: Mapping[str, str] | None = None
) -> str | None:
    """Name the sign-in that the CLI would use, never the secret.

    Parameters
    ----------
    program : Path, optional
        A CLI to ask where nothing is found here; it knows ways of its own.
    environment : mapping of str to str, optional
        Variables that the session gives the CLI over the process's own.

    Returns
    -------
    str or None
        For example ``"API key (ANTHROPIC_API_KEY)"``; None if there is none.
    """
    variables = {**os.environ, **(environment or {})}
    for name, provider in PROVIDERS.items():
        if variables.get(name, "").strip().lower() in {"1", "true", "yes", "on"}:
            return f"{provider} ({name})"
    for name, kind in SECRETS.items():
        if variables.get(name, "").strip():
            return f"{kind} ({name})"
    folder = config_folder(variables).expanduser()
    for path in _settings_files(folder):
        settings = _read_json(path)
        if settings.get("apiKeyHelper"):
            return f"API key (apiKeyHelper in {path})"
        environment = settings.get("env")
        if isinstance(environment, dict):
            for name in (*PROVIDERS, *SECRETS):
                if environment.get(name):
                    return f"{name} in {path}"
    credentials = _read_json(folder / ".credentials.json").get("claudeAiOauth")
    if isinstance(credentials, dict) and credentials.get("accessToken"):
        return "the CLI's own login"
    own = folder if variables.get("CLAUDE_CONFIG_DIR") else Path.home()
    if _read_json(own / ".claude.json").get("primaryApiKey"):
        return "the CLI's own login (API key)"
    return _ask_cli(program, variables) if program else None


def _settings_files(folder: Path) -> Iterator[Path]:
    """Yield the settings files that the CLI reads, managed ones first."""
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/ClaudeCode/managed-settings.json")
    elif sys.platform == "win32":
        yield Path(os.environ.get("PROGRAMFILES", "C:\\Program Files"), "ClaudeCode",
                   "managed-settings.json")  # fmt: skip
    else:
        yield Path("/etc/claude-code/managed-settings.json")
    yield Path.cwd() / ".claude" / "settings.local.json"
    yield Path.cwd() / ".claude" / "settings.json"
    yield folder / "settings.json"


def _read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _ask_cli(program: Path, variables: Mapping[str, str]) -> str | None:
    """Ask the CLI itself; it alone can see the macOS keychain. Only the method is taken over."""
    try:
        done = subprocess.run(
            [program, "auth", "status"],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
        )
        status = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if not isinstance(status, dict) or status.get("loggedIn") is not True:
        return None
    return METHODS.get(str(status.get("authMethod")), "the CLI's own login")


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
        return Finding("Front end", True, "a notebook in VS Code, as far as the kernel can see")
    if os.environ.get("JPY_SESSION_NAME"):
        name = Path(os.environ["JPY_SESSION_NAME"]).name
        return Finding("Front end", True, f"a notebook of a Jupyter server ({name})")
    return Finding("Front end", True, "a kernel's client of an unknown kind")


def _clicks(bridge: str | None) -> Iterator[Finding]:
    """Say whether a click reaches Python while a cell runs."""
    if bridge is None or "not a kernel" in bridge:
        return
    ok = bridge == "bridge"
    text = "they reach Python at once" if ok else bridge
    remedy = "until that is mended, requests in a running cell may not be answered by buttons"
    yield Finding("Clicks in a cell", ok, text, "" if ok else remedy)


def _widgets() -> Iterator[Finding]:
    for package in ("ipywidgets", "anywidget"):
        number = _version(package)
        remedy = "" if number else f"`pip install {package}`, then restart the kernel"
        yield Finding(package, number is not None, number or "not installed", remedy)
    try:
        views_file()
    except ClaudeError as error:
        yield Finding("Widget", False, str(error), "")
    missing = _missing_extensions()
    if missing:
        text = f"the Jupyter server here has no {' and no '.join(missing)}"
        remedy = "`pip install ipywidgets anywidget` where the server runs, then reload the page"
        yield Finding("Front-end extensions", False, text, remedy)


def _missing_extensions() -> list[str]:
    """Return the front-end extensions that a server in this environment would lack."""
    if not _version("jupyter-server"):
        return []  # the server is elsewhere, and its folders too
    from jupyter_core.paths import jupyter_path

    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    wanted = ["@jupyter-widgets/jupyterlab-manager", "anywidget"]
    return [name for name in wanted if not any((folder / name).is_dir() for folder in folders)]


def _cli(option: str | None) -> tuple[Path | None, Finding]:
    """Look at the CLI; the program is None where it cannot be used."""
    name = "Claude Code CLI"
    try:
        program = find_cli(option)
    except CLINotFoundError as error:
        text, _, remedy = str(error).partition(";")
        return None, Finding(name, False, text, remedy.strip() or REMEDY)
    found = cli_version(program)
    if found is None:
        return None, Finding(name, False, f"{program} does not run", REMEDY)
    text = f"{found} ({program}{', our own' if program == own_cli() else ''})"
    if version_tuple(found) < version_tuple(MINIMUM_CLI_VERSION):
        need = f"{MINIMUM_CLI_VERSION} or later is needed; {REMEDY}"
        other = shutil.which("claude")
        if other and Path(other) == program:
            # Ours comes last in the search, so an old one on PATH has to be passed by.
            need += f", then set JUPYTER_CLAUDE_CLI={own_cli()}"
        return None, Finding(name, False, f"{text} is too old", need)
    tested = "" if found == TESTED_CLI_VERSION else f"; tested with {TESTED_CLI_VERSION}"
    return program, Finding(name, True, text + tested)


def _signed(program: Path | None, environment: Mapping[str, str] | None) -> Finding:
    found = sign_in(program, environment)
    if found:
        return Finding("Sign-in", True, found)
    return Finding("Sign-in", False, "none", sign_in_remedy(program))


def sign_in_remedy(program: Path | None = None) -> str:
    """Return what to do where there is no sign-in.

    Parameters
    ----------
    program : Path, optional
        The CLI in use, named in full where it is not the ``claude`` on PATH.
    """
    on_path = shutil.which("claude")
    name = "claude"
    if program and (on_path is None or Path(on_path) != program):
        name = f'"{program}"' if " " in str(program) else str(program)
    return (
        f"run `{name} auth login` in a terminal, or set ANTHROPIC_API_KEY before Jupyter starts; "
        "to try it out without, set JUPYTER_CLAUDE_PRACTICE=1"
    )
