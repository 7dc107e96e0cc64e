"""How the pages tell notebooks and kernels apart."""

from __future__ import annotations

import hashlib
import os
import uuid

#: Names this kernel's process; the next one after a restart has another name.
KERNEL = uuid.uuid4().hex


def notebook_key() -> str:
    """Return what stands for the notebook, also in the kernels that it has later."""
    notebook = os.environ.get("JPY_SESSION_NAME") or KERNEL
    return hashlib.sha256(notebook.encode()).hexdigest()[:16]
