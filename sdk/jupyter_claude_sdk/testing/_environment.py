"""The environment variables that lead the CLI to a server on loopback."""

from __future__ import annotations

import os

#: Variables that could lead the CLI to another API.
OTHER_APIS = (
    "ANTHROPIC_BEDROCK_BASE_URL",
    "ANTHROPIC_FOUNDRY_BASE_URL",
    "ANTHROPIC_VERTEX_BASE_URL",
    "CLAUDE_CODE_API_BASE_URL",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_VERTEX",
)


def led_to(url: str) -> dict[str, str]:
    """Return variables that make the CLI call an address on loopback, and report to nobody."""
    past_proxy = ",".join(filter(None, (_environ("NO_PROXY"), "127.0.0.1", "localhost")))
    return {
        "ANTHROPIC_BASE_URL": url,
        **dict.fromkeys(OTHER_APIS, ""),
        "CLAUDE_CODE_ENABLE_TELEMETRY": "",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "NO_PROXY": past_proxy,
        "no_proxy": past_proxy,
    }


def _environ(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.lower()) or ""
