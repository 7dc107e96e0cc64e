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
from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Environment, config_folder, read_json

from .._health.files import managed_files
from .._paths import current_folder

# In the order in which the CLI prefers them: a cloud provider, then tokens and keys.
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
    for name, provider in PROVIDERS.items():
        if variables.get(name, "").strip().lower() in {"1", "true", "yes", "on"}:
            return f"{provider} ({name})"
    for name, kind in SECRETS.items():
        if variables.get(name, "").strip():
            return f"{kind} ({name})"
    folder = config_folder(variables).expanduser()
    for path in _settings_files(folder):
        settings = read_json(path)
        if settings.get("apiKeyHelper"):
            return f"API key (apiKeyHelper in {path})"
        environment = settings.get("env")
        if isinstance(environment, dict):
            for name in (*PROVIDERS, *SECRETS):
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


def _settings_files(folder: Path) -> Iterator[Path]:
    """Yield the settings files that the CLI reads, managed ones first."""
    yield from managed_files()
    yield current_folder() / ".claude" / "settings.local.json"
    yield current_folder() / ".claude" / "settings.json"
    yield folder / "settings.json"


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
