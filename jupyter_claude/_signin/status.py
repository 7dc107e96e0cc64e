"""Whether somebody is signed in, and how. No secret is ever read out.

Of keys and tokens only their presence is looked at, and only their place is named.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import Environment, config_folder

from .._health.files import managed_files
from .._paths import current_folder

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
    variables = Environment({**os.environ, **(environment or {})})
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
    yield from managed_files()
    yield current_folder() / ".claude" / "settings.local.json"
    yield current_folder() / ".claude" / "settings.json"
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
