"""`Patch`: replaces an attribute for some time, also if other code does the same meanwhile."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_MARK = "_jupyter_claude_patch"


class Patch:
    """Replaces a callable attribute until `undo`.

    Others may wrap our function and later restore it, as IPython does with ``sys.stdout.write``.
    So after `undo` our function may come back. It must then only call the function before it.

    Parameters
    ----------
    owner
        The object, module or class.
    name : str
        The attribute.
    make : callable
        Makes our function from the function before it.
    """

    def __init__(
        self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._owner = owner
        self._name = name
        self._make = make
        self.over = True
        self.before: Any = None
        self._ours: Any = None
        self._was_method = False

    def ensure(self) -> None:
        """Make our function the present one."""
        present = getattr(self._owner, self._name)
        if not self.over and present is self._ours:
            return
        self._was_method = self._name not in vars(self._owner) and inspect.isroutine(
            getattr(type(self._owner), self._name, None)
        )
        self.before = _without_ended(present)
        self._ours = self._make(self.before)
        setattr(self._ours, _MARK, self)
        self.over = False
        setattr(self._owner, self._name, self._ours)

    def undo(self) -> None:
        """Restore the function before ours, unless other code has replaced ours."""
        if self.over:
            return
        self.over = True
        if getattr(self._owner, self._name, None) is not self._ours:
            return
        if self._was_method:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self.before)


def _without_ended(function: Any) -> Any:
    """Return the function without those of ours around it that have ended."""
    while (patch := getattr(function, _MARK, None)) is not None and patch.over:
        function = patch.before
    return function
