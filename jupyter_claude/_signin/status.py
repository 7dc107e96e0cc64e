"""Finds out whether the user is signed in, and how. It shows no secret.

First it looks for variables and settings files, because it can name the variable or the file. It
checks only that a key is there. Then it asks Claude Code (``claude auth status``), which alone
knows its logins. Claude Code does not mention the keys in a project's settings (2.1.329), although
its sessions use them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Environment, config_folder, read_json

from .._providers.addresses import BY_HOST
from .._providers.given import given, settings_files
from .._providers.provider import provider_of

# In the order in which the CLI prefers them, after the providers.
SECRETS = {
    "ANTHROPIC_AUTH_TOKEN": "token",
    "ANTHROPIC_API_KEY": "API key",
    "CLAUDE_CODE_OAUTH_TOKEN": "token",
}
# The CLI's names for a sign-in, and ours.
METHODS = {
    "api_key": "an API key",
    "/login managed key": "the CLI's own login (API key)",
    "api_key_helper": "an API key (apiKeyHelper)",
    "claude.ai": "the CLI's own login",
    "oauth_token": "a token",
    "third_party": "a cloud provider",
}


def sign_in(
    program: Path | None = None, environment: Mapping[str, str] | None = None
) -> str | None:
    """Name the sign-in that the CLI would use, never the secret.

    Parameters
    ----------
    program : Path, optional
        The CLI to ask if we find nothing ourselves. It needs about a second.
    environment : mapping of str to str, optional
        Variables that the session gives the CLI on top of this process's.

    Returns
    -------
    str or None
        For example ``"API key (ANTHROPIC_API_KEY)"``; None if there is none.
    """
    variables = Environment({**os.environ, **(environment or {})})
    everything = given(environment)
    provider = provider_of(everything)
    if provider.switch:
        where = _file_with(provider.switch, variables)
        chosen = f"{provider.switch} in {where}" if where else provider.switch
        return f"{provider.name} ({chosen}), {provider.credentials(everything)}"
    for name, kind in SECRETS.items():
        if variables.get(name, "").strip():
            return f"{kind} ({name})"
    folder = config_folder(variables).expanduser()
    for path in settings_files(folder):
        settings = read_json(path)
        if settings.get("apiKeyHelper"):
            return f"API key (apiKeyHelper in {path})"
        environment = settings.get("env")
        if isinstance(environment, dict):
            for name in SECRETS:
                if environment.get(name):
                    return f"{name} in {path}"
    return _ask_cli(program, variables) if program else None


def seems_signed_in(variables: Mapping[str, str]) -> bool:
    """Whether there is probably a sign-in, as far as files and variables say at once.

    Parameters
    ----------
    variables : mapping of str to str
        All of Claude Code's variables.
    """
    if sys.platform == "darwin":
        return True  # the keychain may have it
    if sign_in(environment=variables):
        return True
    folder = config_folder(variables).expanduser()
    if (folder / ".credentials.json").exists():
        return True
    state = (folder if variables.get("CLAUDE_CONFIG_DIR") else folder.parent) / ".claude.json"
    return bool(read_json(state).get("primaryApiKey"))


def _file_with(name: str, variables: Mapping[str, str]) -> Path | None:
    """Return the settings file that sets a variable; None if the process has it."""
    folder = config_folder(variables).expanduser()
    for path in () if variables.get(BY_HOST) else settings_files(folder):
        environment = read_json(path).get("env")
        if isinstance(environment, dict) and environment.get(name):
            return path
    return None


def _ask_cli(program: Path, variables: Mapping[str, str]) -> str | None:
    """Ask the CLI, which alone knows its logins. Use only the method from its answer."""
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
    names = (str(status.get(field)) for field in ("apiKeySource", "authMethod"))
    return next((METHODS[name] for name in names if name in METHODS), "the CLI's own login")
