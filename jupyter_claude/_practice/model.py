"""The practice model of a session, with the folder that it works in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class Practice:
    """The practice model with its scratch folder, which both go when it is closed."""

    def __init__(self) -> None:
        from . import script

        chosen = os.environ.get("JUPYTER_CLAUDE_PRACTICE_FOLDER")
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if chosen:
            root = Path(chosen)
        else:
            self._scratch = tempfile.TemporaryDirectory(prefix="jupyter-claude-practice-")
            root = Path(self._scratch.name)
        self.folder = (root / "work").resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._model = script.start(self.folder)
        self.env = {**self._model.env, "CLAUDE_CONFIG_DIR": str(root / "config")}

    def close(self) -> None:
        """Stop the model and remove the scratch folder."""
        self._model.close()
        if self._scratch is not None:
            self._scratch.cleanup()
