"""An Agent SDK for Python over the Claude Code CLI, written from the public documents.

It works with asyncio and trio, with or without Jupyter.

Each module lists its public names in its ``__all__``. This module imports them all, and sets the
``__module__`` of each to this package.
"""

import importlib
import typing

from ._client import *
from ._connection.observers import *
from ._connection.rewind import *
from ._connection.turn import *
from ._errors import *
from ._mcp.tools import *
from ._options import *
from ._query import *
from ._transport.base import *
from ._types.answers import *
from ._types.blocks import *
from ._types.hook_inputs import *
from ._types.hook_types import *
from ._types.hooks import *
from ._types.mcp import *
from ._types.message_types import *
from ._types.messages import *
from ._types.notices import *
from ._types.option_types import *
from ._types.permissions import *
from ._types.stores import *
from ._version import __version__ as __version__

if typing.TYPE_CHECKING:
    from ._sessions.disk import *
    from ._sessions.entries import *
    from ._sessions.summaries import *
    from ._stores.memory import *
    from ._stores.sessions import *
    from ._stores.sqlite import *
    from ._types.tool_annotations import *

#: Modules that are loaded on first use: they need a large library, or few programs need them.
_LAZY = {
    "._sessions.disk": [
        "delete_session",
        "fork_session",
        "get_session_info",
        "get_session_messages",
        "get_subagent_messages",
        "list_sessions",
        "list_subagents",
        "rename_session",
        "tag_session",
    ],
    "._sessions.entries": [
        "ForkSessionResult",
        "SDKSessionInfo",
        "SessionMessage",
        "project_key_for_directory",
    ],
    "._sessions.summaries": ["fold_session_summary"],
    "._stores.memory": ["InMemorySessionStore"],
    "._stores.sessions": [
        "delete_session_via_store",
        "fork_session_via_store",
        "get_session_info_from_store",
        "get_session_messages_from_store",
        "get_subagent_messages_from_store",
        "import_session_to_store",
        "list_sessions_from_store",
        "list_subagents_from_store",
        "rename_session_via_store",
        "tag_session_via_store",
    ],
    "._stores.sqlite": ["SqliteSessionStore"],
    "._types.tool_annotations": ["ToolAnnotations"],
}
_HOMES = {name: path for path, names in _LAZY.items() for name in names}


def _publish(names: typing.Iterable[str], namespace: dict[str, typing.Any]) -> None:
    """Set the ``__module__`` of public classes and functions, for their ``repr`` and for pickle."""
    for name in names:
        value = namespace[name]
        if getattr(value, "__module__", "").startswith(f"{__name__}."):
            value.__module__ = __name__


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


if not typing.TYPE_CHECKING:  # type checkers follow the imports above, and refuse other names
    __all__ = [name for name in globals() if name[0] != "_" and name not in ("importlib", "typing")]
    _publish(__all__, globals())
    __all__ += ["__version__", *_HOMES]

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(_HOMES[name], __name__)
        _publish(_LAZY[_HOMES[name]], vars(module))
        return getattr(module, name)
