"""Who uses this kernel."""

from __future__ import annotations

import getpass
import os


def user_name() -> str:
    """Return the user's name: JupyterHub's, where all containers run as one system user."""
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, in a container
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
