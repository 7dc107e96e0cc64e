"""The names ``claude_agent_sdk`` and ``claude_code_sdk`` for programs written against them.

``import jupyter_claude_sdk.compat`` is all there is to do: from then on both names import this SDK,
with the very same classes, wherever no real package of that name can be imported. A real one always
wins, also one that is installed later. `register` and `unregister` do it by hand.

Two finders do it. One stands at the end of ``sys.meta_path`` and is only asked when nobody else
knows the name. One stands at its beginning because of what an uninstall may leave: a folder
without modules, which Python would take for an (empty) namespace package before it asks the end.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["NAMES", "register", "registered", "unregister"]

#: The names that are served.
NAMES = ("claude_agent_sdk", "claude_code_sdk")

_SDK = __name__.rpartition(".")[0]

#: Where the attributes of each served module come from, in this order.
_SOURCES: dict[str, tuple[str, ...]] = {
    "": ("",),
    ".types": (
        *("", "._types.messages", "._types.blocks", "._options", "._types.hooks"),
        *("._types.permissions", "._types.answers", "._wire.control_types"),
    ),
    ".testing": (".testing",),
    ".client": ("._client",),
    ".query": ("._query",),
    "._errors": ("._errors",),
}


class _AliasLoader(Loader):
    """Makes a module that looks every name up in the SDK when it is asked for."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        sources = _SOURCES[_suffix(name)]
        # Now, so that a failing import of the SDK is this import's failure.
        importlib.import_module(_SDK + sources[0])
        module.__doc__ = f"{_SDK}{sources[0]}, under the name {name} (see {__name__})."
        module.__dict__["__getattr__"] = _lookup(name, sources)
        module.__dict__["__dir__"] = lambda: sorted({*vars(module), *_public(sources[0])})
        if name in NAMES:
            # Importing a submodule sets it on its package; there `query` is the function.
            importlib.import_module(f"{name}.query")
            module.__dict__["query"] = importlib.import_module(_SDK).query


def _suffix(name: str) -> str:
    return name[len(name.partition(".")[0]) :]


def _public(source: str) -> Sequence[str]:
    module = importlib.import_module(_SDK + source)
    return getattr(module, "__all__", ()) or [name for name in dir(module) if name[0] != "_"]


def _lookup(name: str, sources: Sequence[str]) -> Callable[[str], Any]:
    def look_up(attribute: str) -> Any:
        # A package's dunder names are its own: the SDK's `__file__` or `__path__` would mislead.
        own = attribute.startswith("__") and attribute not in ("__all__", "__version__")
        for source in () if own else sources:
            value = getattr(importlib.import_module(_SDK + source), attribute, None)
            if value is not None and not isinstance(value, ModuleType):
                return value
        raise AttributeError(f"module {name!r} (an alias of {_SDK}) has no attribute {attribute!r}")

    return look_up


def _is_alias(module: object) -> bool:
    spec = getattr(module, "__spec__", None)
    return isinstance(getattr(spec, "loader", None), _AliasLoader)


def _alias_spec(name: str) -> ModuleSpec | None:
    root, suffix = name.partition(".")[0], _suffix(name)
    if root not in NAMES or suffix not in _SOURCES:
        return None
    if suffix and not _is_alias(sys.modules.get(root)):
        return None  # a real package lacks this module: that is its business
    origin = f"alias of {_SDK}{_SOURCES[suffix][0]}"
    return spec_from_loader(name, _AliasLoader(), origin=origin, is_package=not suffix)


class _LastFinder(MetaPathFinder):
    """Asked when nobody else knows a name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = _alias_spec(name)
        if spec is None:
            return None
        # Finders that were added after this one may know a real package.
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            real = finder.find_spec(name, path, target)
            if real is not None:
                return real
        return spec


class _LeftoverFinder(MetaPathFinder):
    """Serves the alias where only an empty folder bears the name, and cleans up for a real one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in NAMES:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is None:
            return None
        if found.origin is None and _holds_no_module(found.submodule_search_locations or ()):
            others = (finder for finder in sys.meta_path if finder not in (self, PathFinder))
            specs = (finder.find_spec(name, path, target) for finder in others)
            return next((spec for spec in specs if spec is not None), None)
        # A real one, perhaps newly installed and reloaded: it must not find our submodules.
        _forget(name + ".")
        return None


def _holds_no_module(folders: Sequence[str]) -> bool:
    suffixes = tuple(importlib.machinery.all_suffixes())
    return not any(
        entry.name.endswith(suffixes) for folder in folders for entry in Path(folder).glob("*")
    )


def _forget(prefix: str) -> None:
    """Take the aliases whose names begin with `prefix` out of ``sys.modules``."""
    for name in [name for name in sys.modules if name.startswith(prefix)]:
        if _is_alias(sys.modules[name]):
            del sys.modules[name]


_FIRST, _LAST = _LeftoverFinder(), _LastFinder()


def registered() -> bool:
    """Say whether the two names are served in this process."""
    return _LAST in sys.meta_path


def register() -> None:
    """Serve ``claude_agent_sdk`` and ``claude_code_sdk`` where no real package has the name.

    Importing this module has done it already; calling it again is harmless.

    Examples
    --------
    >>> import jupyter_claude_sdk.compat
    >>> from claude_agent_sdk import ClaudeSDKClient  # doctest: +SKIP

    Notes
    -----
    Type checkers do not run this: see "Type checkers" in docs/coming-from-claude-agent-sdk.md.
    """
    if not registered():
        sys.meta_path.insert(0, _FIRST)
        sys.meta_path.append(_LAST)


def unregister() -> None:
    """Stop serving the names, and forget the aliases that were imported.

    Objects that a program took from them stay what they are. Harmless when not registered.
    """
    for finder in (_FIRST, _LAST):
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
    for name in NAMES:
        _forget(name)


register()
