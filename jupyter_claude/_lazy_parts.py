"""`LazyParts`: what loading needs of a session. The first use creates the other parts."""

from __future__ import annotations

# The other parts need these. In a kernel the user's folder comes before the standard library, so a
# file there, such as difflib.py, could take the place of what is imported later.
import concurrent.futures.thread  # noqa: F401
import decimal  # noqa: F401
import difflib  # noqa: F401
import getpass  # noqa: F401
import hashlib  # noqa: F401
import html  # noqa: F401
import threading
import unicodedata  # noqa: F401
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._core.host import Host
from ._process.usable import Usable
from ._views.script import ScriptFrontend

if TYPE_CHECKING:
    from ._parts import Parts


class LazyParts:
    """The front end and the settings of a session, and its other parts from the first use on.

    Parameters
    ----------
    attach : callable
        Called with this object before a turn if there is no shell yet; see `Host`.
    """

    def __init__(self, attach: Callable[[LazyParts], None]) -> None:
        self.host = Host(ScriptFrontend(), lambda: attach(self))
        self.usable = Usable()
        self._parts: Parts | None = None
        self._creating = threading.Lock()  # `ask_sync` works in any thread
        self.host.on_change(self._setting_changed)

    @property
    def parts(self) -> Parts:
        """All parts of the session."""
        if self._parts is None:
            from ._parts import Parts  # lazy: this import costs more than all of loading

            with self._creating:
                if self._parts is None:
                    self._parts = Parts(self.host, self.usable)
            self._parts.setting_changed(None)
        return self._parts

    def _setting_changed(self, change: Any) -> None:
        # Parts that do not exist yet find the new settings in the host. But the user must hear at
        # once that a mode is refused.
        if self._parts is not None or change is not None:
            self.parts.setting_changed(change)
