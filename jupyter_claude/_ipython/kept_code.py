"""A session goes on with the code that it was loaded with, whatever ``%autoreload`` does.

Reloading our modules would make a second, empty session and leave the first one's process behind.
"""

from __future__ import annotations

import sys
from typing import Any

_PACKAGES = ("jupyter_claude", "jupyter_claude_sdk")


class KeptCode:
    """Tells ``%autoreload`` to skip our modules, as ``%aimport -MODULE`` does, once for each.

    Parameters
    ----------
    shell : InteractiveShell
        Whose autoreload it is, from whenever that is loaded.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._told: set[str] = set()
        # Comes before "pre_run_cell", in which modules are reloaded.
        shell.events.register("pre_execute", self._tell)

    def stop(self) -> None:
        """Tell nothing any more."""
        self._shell.events.unregister("pre_execute", self._tell)

    def _tell(self) -> None:
        autoreload = self._shell.magics_manager.registry.get("AutoreloadMagics")
        if autoreload is None:
            return
        for name in [name for name in sys.modules if name.partition(".")[0] in _PACKAGES]:
            if name not in self._told:
                self._told.add(name)  # whoever wants it reloaded says so after that
                autoreload.aimport(f"-{name}")
