"""`KeptCode`: protects a session from ``%autoreload``.

A reload of our modules would make a second, empty session, and the first one's process would stay.
"""

from __future__ import annotations

import sys
from typing import Any

_PACKAGES = ("jupyter_claude", "jupyter_claude_sdk")


class KeptCode:
    """Tells ``%autoreload`` once for each of our modules to skip it (``%aimport -MODULE``).

    Parameters
    ----------
    shell : InteractiveShell
        The shell. The user may load autoreload at any time.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._told: set[str] = set()
        # "pre_execute" comes before "pre_run_cell", in which autoreload reloads modules.
        shell.events.register("pre_execute", self._tell)

    def stop(self) -> None:
        """Stop."""
        self._shell.events.unregister("pre_execute", self._tell)

    def _tell(self) -> None:
        autoreload = self._shell.magics_manager.registry.get("AutoreloadMagics")
        if autoreload is None:
            return
        for name in [name for name in sys.modules if name.partition(".")[0] in _PACKAGES]:
            if name not in self._told:
                self._told.add(name)  # the user may undo this with %aimport
                autoreload.aimport(f"-{name}")
