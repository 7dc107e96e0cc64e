"""The names ``claude_agent_sdk`` and ``claude_code_sdk`` for programs written against them.

Write ``import jupyter_claude_sdk.compat``. From then on both names import this SDK, with the same
classes, if no real package of that name can be imported. A real package always wins, even if it is
installed later. `register` and `unregister` turn this on and off.

This takes two finders. One is at the end of ``sys.meta_path``: Python asks it if no other finder
knows the name. The other is at the beginning. Uninstalling a package may leave a folder without
modules, and Python would import that folder as an empty namespace package.
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

#: The names that this module provides.
NAMES = ("claude_agent_sdk", "claude_code_sdk")

_SDK = __name__.rpartition(".")[0]

#: The modules of the SDK that the attributes of each provided module come from, in this order.
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
    """Makes a module that looks up each attribute in the SDK."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        sources = _SOURCES[_suffix(name)]
        # Imported now, so that this import fails if the SDK's does.
        importlib.import_module(_SDK + sources[0])
        module.__doc__ = f"{_SDK}{sources[0]}, under the name {name} (see {__name__})."
        module.__dict__["__getattr__"] = _lookup(name, sources)
        module.__dict__["__dir__"] = lambda: sorted({*vars(module), *_public(sources[0])})
        if name in NAMES:
            # Importing the submodule sets the attribute `query`, which must be the function.
            importlib.import_module(f"{name}.query")
            module.__dict__["query"] = importlib.import_module(_SDK).query


def _suffix(name: str) -> str:
    return name[len(name.partition(".")[0]) :]


def _public(source: str) -> Sequence[str]:
    module = importlib.import_module(_SDK + source)
    return getattr(module, "__all__", ()) or [name for name in dir(module) if name[0] != "_"]


def _lookup(name: str, sources: Sequence[str]) -> Callable[[str], Any]:
    def look_up(attribute: str) -> Any:
        # Names such as `__file__` and `__path__` must be the module's own, not the SDK's.
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
        return None  # a real package that lacks this module
    origin = f"alias of {_SDK}{_SOURCES[suffix][0]}"
    return spec_from_loader(name, _AliasLoader(), origin=origin, is_package=not suffix)


class _LastFinder(MetaPathFinder):
    """The finder at the end: Python asks it if no other finder knows a name."""

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
    """The finder at the beginning: skips an empty folder, and makes way for a real package."""

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
        # A real package, perhaps just installed. It must not find our submodules.
        _forget(name + ".")
        return None


def _holds_no_module(folders: Sequence[str]) -> bool:
    suffixes = tuple(importlib.machinery.all_suffixes())
    return not any(
        entry.name.endswith(suffixes) for folder in folders for entry in Path(folder).glob("*")
    )


def _forget(prefix: str) -> None:
    """Remove the aliases whose names begin with `prefix` from ``sys.modules``."""
    for name in [name for name in sys.modules if name.startswith(prefix)]:
        if _is_alias(sys.modules[name]):
            del sys.modules[name]


_FIRST, _LAST = _LeftoverFinder(), _LastFinder()


def registered() -> bool:
    """Return whether the two names are provided in this process."""
    return _LAST in sys.meta_path


def register() -> None:
    """Provide ``claude_agent_sdk`` and ``claude_code_sdk``, if no real package has the name.

    Importing this module does it already. Calling `register` again is harmless.

    Examples
    --------
    >>> import jupyter_claude_sdk.compat
    >>> from claude_agent_sdk import ClaudeSDKClient  # doctest: +SKIP

    Notes
    -----
    Type checkers do not see this: read "Type checkers" in docs/coming-from-claude-agent-sdk.md.
    """
    if not registered():
        sys.meta_path.insert(0, _FIRST)
        sys.meta_path.append(_LAST)


def unregister() -> None:
    """Stop providing the names, and forget the aliases that were imported.

    Objects that a program imported from them still work. Harmless if nothing is registered.
    """
    for finder in (_FIRST, _LAST):
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
    for name in NAMES:
        _forget(name)


register()
