"""`NotebookTrust`: whether Jupyter trusts a notebook's file, by the file's signature.

JupyterLab signs a notebook when it saves it, if the user ran or trusted all of its cells.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any


class NotebookTrust:
    """Checks signatures. It checks a file again once the file has changed.

    An untrusted file is also checked again once there are new signatures.
    """

    def __init__(self) -> None:
        self._trusted: tuple[Any, ...] | None = None
        self._untrusted: tuple[Any, ...] | None = None

    def trusts(self, notebook: Path) -> bool:
        """Whether Jupyter's signatures have this notebook, as its file is now."""
        try:
            from jupyter_core.paths import jupyter_data_dir  # lazy: most notebooks need neither
            from nbformat.sign import NotebookNotary
        except ImportError:
            return False
        # The user's folder, as the server's own: not what a setting of this kernel says.
        data = jupyter_data_dir()
        database = os.path.join(data, "nbsignatures.db")
        try:
            status, signed = notebook.stat(), os.stat(database)
        except OSError:
            return False  # no such notebook, or no signatures at all
        file = (str(notebook), status.st_mtime_ns, status.st_size, status.st_ino)
        now = (*file, signed.st_mtime_ns, signed.st_size)
        if self._trusted == file:
            return True
        if self._untrusted == now:
            return False
        with suppress(Exception):  # a damaged file or database
            if _has_signature(NotebookNotary, data, notebook):
                self._trusted = file
                return True
        self._untrusted = now
        return False


def _has_signature(make: Any, data: str, notebook: Path) -> bool:
    import nbformat

    with notebook.open(encoding="utf-8") as file:
        read = nbformat.read(file, as_version=4)
    notary = make(data_dir=data)
    try:
        if not os.path.isfile(notary.secret_file):
            return False  # else the notary would make a new one
        return bool(notary.check_signature(read))
    finally:
        notary.store.close()
