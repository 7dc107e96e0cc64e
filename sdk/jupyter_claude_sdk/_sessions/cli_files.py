"""Finds the CLI's configuration folder, and reads its JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return the CLI's configuration folder: ``CLAUDE_CONFIG_DIR``, else ``~/.claude``."""
    configured = environment.get("CLAUDE_CONFIG_DIR")
    return Path(configured) if configured else Path.home() / ".claude"


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty dict if there is none or it cannot be read."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
