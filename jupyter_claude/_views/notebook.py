"""The ids by which pages distinguish notebooks and kernels."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import Any

from .._conversations.recent import notebook_name

#: The id of this kernel's process. After a restart the kernel has another id.
KERNEL = uuid.uuid4().hex


def notebook_key(shell: Any) -> str:
    """Return the id of the shell's notebook, which stays the same for its later kernels.

    The users of a JupyterHub often have the same paths, and they share a browser's storage if they
    share a computer. So the id is another one for each user's server.
    """
    server = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
    notebook = server + (notebook_name(shell) or KERNEL)
    return hashlib.sha256(notebook.encode()).hexdigest()[:16]
