"""Claude in your notebook's kernel.

``%load_ext jupyter_claude`` gives a kernel one Claude session; ``claude`` is that session::

    from jupyter_claude import claude

    turn = await claude.ask("…")
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import __version__

from ._claude import Attachment, Claude
from ._turns.errors import (
    AnswerInvalid,
    APIError,
    BudgetExceeded,
    ClaudeError,
    NotSignedIn,
    ReplayMissing,
    RewindRefused,
    StreamStalled,
    TurnFailed,
    TurnInterrupted,
    TurnLimitReached,
)

if TYPE_CHECKING:
    from ._batches.row_function import rows
    from ._core.history import Branch, History
    from ._lazy_parts import LazyParts
    from ._rewind.plan import FileChange, RewindPlan
    from ._turns.code_cells import CodeCells
    from ._turns.items import Attached, ToolCall, ToolImage, TurnEvent
    from ._turns.ran_code import BoundName, RanCode
    from ._turns.turn import Turn
    from ._user_tools.tools import UserTool, UserTools

__all__ = [
    "APIError",
    "AnswerInvalid",
    "Attached",
    "Attachment",
    "BoundName",
    "Branch",
    "BudgetExceeded",
    "Claude",
    "ClaudeError",
    "CodeCells",
    "FileChange",
    "History",
    "KernelSession",
    "NotSignedIn",
    "RanCode",
    "ReplayMissing",
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
    "UserTool",
    "UserTools",
    "__version__",
    "claude",
    "load_ipython_extension",
    "rows",
    "unload_ipython_extension",
]

#: The classes of what a session returns, and their modules, which are loaded on first use.
_LAZY = {
    "Attached": "._turns.items",
    "BoundName": "._turns.ran_code",
    "Branch": "._core.history",
    "CodeCells": "._turns.code_cells",
    "FileChange": "._rewind.plan",
    "History": "._core.history",
    "RanCode": "._turns.ran_code",
    "RewindPlan": "._rewind.plan",
    "ToolCall": "._turns.items",
    "ToolImage": "._turns.items",
    "Turn": "._turns.turn",
    "TurnEvent": "._turns.items",
    "UserTool": "._user_tools.tools",
    "UserTools": "._user_tools.tools",
    "rows": "._batches.row_function",
}

#: The earlier name of `Claude`.
KernelSession = Claude


def _attach(session: LazyParts) -> None:
    """In IPython without ``%load_ext``: show requests and take answers all the same."""
    if "IPython" in sys.modules:
        from ._ipython.extension import attach

        attach(session)


Claude._attachers[:] = [_attach]

#: This kernel's session. It starts nothing until its first use.
claude: Claude = globals().get("claude") or Claude()  # %reload_ext keeps it


def load_ipython_extension(shell: Any) -> None:
    """Load the extension, for ``%load_ext jupyter_claude``. A second load is harmless."""
    from ._ipython.extension import load

    load(shell, claude._lazy)


def unload_ipython_extension(shell: Any) -> None:
    """Unload the extension, for ``%unload_ext jupyter_claude``."""
    from ._ipython.extension import unload

    unload(shell, claude._lazy)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


if not TYPE_CHECKING:  # type checkers follow the imports above, and refuse other names

    def __getattr__(name):
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LAZY[name], __name__), name)
