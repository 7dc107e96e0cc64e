"""Where the CLI keeps its files, and reading those that are JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return the CLI's own folder in an environment: ``CLAUDE_CONFIG_DIR``, else ``~/.claude``."""
    configured = environment.get("CLAUDE_CONFIG_DIR")
    return Path(configured) if configured else Path.home() / ".claude"


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a file holds; an empty one if it holds none or cannot be read."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
