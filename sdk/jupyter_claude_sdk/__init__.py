"""An Agent SDK for Python over the Claude Code CLI, written from the public documents.

It works with asyncio and trio, with or without Jupyter.

Each module lists its public names in its ``__all__``. This package has them all, and is the
``__module__`` of each. At first it has only the errors. When a program uses another name, `_names`
brings the others, except those in `_LAZY`.
"""

import importlib
import typing

from ._base import early as _early  # noqa: F401
from ._errors import *
from ._version import __version__ as __version__

if typing.TYPE_CHECKING:
    from ._map.batch import *
    from ._map.errors import *
    from ._map.mapping import *
    from ._map.progress import *
    from ._map.results import *
    from ._names import *
    from ._sessions.disk import *
    from ._sessions.entries import *
    from ._sessions.summaries import *
    from ._stores.memory import *
    from ._stores.redis import *
    from ._stores.s3 import *
    from ._stores.sessions import *
    from ._stores.sqlite import *
    from ._types.tool_annotations import *

#: Modules that only their own names load: they need a large library, or few programs need them.
_LAZY = {
    "._map.batch": ["Batch"],
    "._map.errors": ["BatchError"],
    "._map.mapping": ["map"],
    "._map.progress": ["Estimate", "Progress"],
    "._map.results": ["Row", "Rows"],
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
    "._stores.redis": ["RedisSessionStore"],
    "._stores.s3": ["S3SessionStore"],
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
#: ``from jupyter_claude_sdk import *`` must not hide Python's own.
_NOT_STARRED = {"map"}


def _publish(namespace: dict[str, typing.Any], names: typing.Iterable[str]) -> None:
    """Put names into the package. Their ``repr`` and pickles then say that they are from it."""
    for name in names:
        value = globals()[name] = namespace[name]
        if getattr(value, "__module__", "").startswith(f"{__name__}."):
            value.__module__ = __name__


if not typing.TYPE_CHECKING:  # type checkers follow the imports above, and refuse other names
    _ERRORS = [name for name in globals() if name[0] != "_" and name not in ("importlib", "typing")]
    _publish(globals(), _ERRORS)

    def __getattr__(name):
        if name in _HOMES:
            module = importlib.import_module(_HOMES[name], __name__)
            _publish(vars(module), _LAZY[_HOMES[name]])
        elif name[0] != "_" or name == "__all__":
            names = importlib.import_module("._names", __name__)  # publishes its own names
            starred = [name for name in _HOMES if name not in _NOT_STARRED]
            globals()["__all__"] = [*_ERRORS, *names._NAMES, "__version__", *starred]
        if name in globals():
            return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*__getattr__("__all__"), *_HOMES, *globals()})
