"""Claude in the notebook, as a first-class citizen of the kernel.

``%load_ext jupyter_claude`` gives a kernel one Claude session; ``claude`` is that session::

    from jupyter_claude import claude

    turn = await claude.ask("…")
"""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk import __version__

from ._conversations.history import Branch, History
from ._errors import (
    APIError,
    BudgetExceeded,
    ClaudeError,
    RewindRefused,
    StreamStalled,
    TurnFailed,
    TurnInterrupted,
    TurnLimitReached,
)
from ._rewind.plan import FileChange, RewindPlan
from ._session.session import KernelSession
from ._turns.items import ToolCall, ToolImage, TurnEvent
from ._turns.turn import Turn

__all__ = [
    "APIError",
    "Branch",
    "BudgetExceeded",
    "ClaudeError",
    "FileChange",
    "History",
    "KernelSession",
    "RewindPlan",
    "RewindRefused",
    "StreamStalled",
    "ToolCall",
    "ToolImage",
    "Turn",
    "TurnEvent",
    "TurnFailed",
    "TurnInterrupted",
    "TurnLimitReached",
    "__version__",
    "claude",
    "load_ipython_extension",
    "unload_ipython_extension",
]

#: This kernel's session. Nothing starts until it is first used.
claude: KernelSession = globals().get("claude") or KernelSession()  # %reload_ext keeps it


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext jupyter_claude``; loading twice is harmless."""
    from ._ipython.extension import load

    load(shell, claude)


def unload_ipython_extension(shell: Any) -> None:
    """Called by ``%unload_ext jupyter_claude``; undoes all that loading did."""
    from ._ipython.extension import unload

    unload(shell, claude)
