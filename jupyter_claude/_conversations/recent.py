"""Which conversation a notebook had last.

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

from .._paths import sessions_folder


def notebook_name(shell: Any = None) -> str | None:
    """Return the notebook's path, as its server or VS Code tells the kernel; None if none does."""
    namespace = getattr(shell, "user_ns", None) or {}
    name = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    return name if isinstance(name, str) and name else None


def last_conversation(notebook: str | None) -> str | None:
    """Return the id of the conversation that a notebook had last."""
    if notebook is None:
        return None
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(_file(notebook).read_bytes())
        session_id = data.get("session_id") if isinstance(data, dict) else None
        return session_id if isinstance(session_id, str) else None
    return None


def remember(notebook: str | None, session_id: str) -> None:
    """Keep the conversation as the notebook's last one; what cannot be written is left."""
    if notebook is None:
        return
    path = _file(notebook)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump({"notebook": notebook, "session_id": session_id}, file)
        draft.replace(path)


def _file(notebook: str) -> Path:
    return sessions_folder() / f"notebook-{sha256(notebook.encode()).hexdigest()[:32]}.json"
