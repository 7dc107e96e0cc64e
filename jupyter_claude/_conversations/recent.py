"""Remembers which conversations a notebook has had.

The server gives a kernel the notebook's name at the start. The conversations' ids are in the user's
data folder, not in the notebook. So a person who gets the notebook does not get the conversation.
"""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import whole_file

from .._paths import make_private, sessions_folder

_KEPT = 50  # conversations of a notebook, besides the last one


def notebook_name(shell: Any = None) -> str | None:
    """Return the notebook's path from the server or from VS Code; None if neither gives it."""
    namespace = getattr(shell, "user_ns", None) or {}
    name = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    return name if isinstance(name, str) and name else None


def conversations_of(notebook: str | None) -> list[str]:
    """Return the ids of a notebook's conversations, the last one first."""
    if notebook is None:
        return []
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(_file(notebook).read_bytes())
        if isinstance(data, dict):
            earlier = data.get("earlier")  # earlier versions kept only the last one
            ids = [data.get("session_id"), *(earlier if isinstance(earlier, list) else [])]
            return [id for id in ids if isinstance(id, str)]
    return []


def remember(notebook: str | None, session_id: str) -> None:
    """Store the conversation as the notebook's last one, if the file can be written."""
    if notebook is None:
        return
    earlier = [id for id in conversations_of(notebook) if id != session_id][:_KEPT]
    path = _file(notebook)
    with contextlib.suppress(OSError):
        make_private(path.parent)
        data = {"notebook": notebook, "session_id": session_id, "earlier": earlier}
        with whole_file(path) as file:
            file.write(json.dumps(data).encode())


def _file(notebook: str) -> Path:
    return sessions_folder() / f"notebook-{sha256(notebook.encode()).hexdigest()[:32]}.json"
