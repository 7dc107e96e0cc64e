"""Which conversations a notebook has had.

The server tells a kernel the notebook's name when it starts it. The conversation stands in the
user's data folder and not in the notebook: who gets the notebook has not the conversation.
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
    """Return the notebook's path, as its server or VS Code tells the kernel; None if none does."""
    namespace = getattr(shell, "user_ns", None) or {}
    name = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    return name if isinstance(name, str) and name else None


def conversations_of(notebook: str | None) -> list[str]:
    """Return the ids of the conversations that a notebook has had, the last one first."""
    if notebook is None:
        return []
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(_file(notebook).read_bytes())
        if isinstance(data, dict):
            earlier = data.get("earlier")  # earlier versions kept the last one alone
            ids = [data.get("session_id"), *(earlier if isinstance(earlier, list) else [])]
            return [id for id in ids if isinstance(id, str)]
    return []


def remember(notebook: str | None, session_id: str) -> None:
    """Keep the conversation as the notebook's last one; what cannot be written is left."""
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
