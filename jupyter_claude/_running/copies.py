"""`Copies`: keeps variables as they were before Claude's code, so that a rewind gives them back.

Only frames and arrays are copied, whose copies run no code of the user's. A limit of 0, the
default, copies nothing.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Collection, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from .._turns.ran_code import BoundName
from .frames import bytes_of, copied
from .preview import Bind, Preview
from .runner import Ran

__all__ = ["BeforeRun", "Copies", "GivenBack"]

_SMALL = (int, float, bool, complex, type(None))
_MOST = 10_000  # the most changes that are remembered


class _Nothing:
    """Stands for a name that is not bound, and for an object that is no more."""


_UNBOUND, _GONE, _NO_COPY = _Nothing(), _Nothing(), _Nothing()


@dataclass
class _Change:
    """What one run did to one name.

    Attributes
    ----------
    turn, name : str
        The turn, and the name.
    left : callable
        Returns the object after the run.
    continues : bool
        Whether the object before the run was what the change before it left.
    new : bool
        Whether the name was not bound before.
    copy : object
        The copy of the object before.
    size : int
        Its bytes.
    """

    turn: str
    name: str
    left: Callable[[], Any]
    continues: bool
    new: bool
    copy: Any = _NO_COPY
    size: int = 0


@dataclass
class GivenBack:
    """What `Copies.give_back` did.

    Attributes
    ----------
    names : list of str
        The names that have their earlier values again.
    changed_since : list of str
        The names that were bound again since. They stay as they are.
    no_copy : list of str
        The names without a copy of their earlier values. They stay as they are.
    """

    names: list[str] = field(default_factory=list)
    changed_since: list[str] = field(default_factory=list)
    no_copy: list[str] = field(default_factory=list)
    _undo: list[tuple[str, Any, Any]] = field(default_factory=list)

    def undo(self, namespace: MutableMapping[str, Any]) -> list[str]:
        """Bind the names again to what the rewind replaced. Return those that it could."""
        done = []
        for name, given, replaced in self._undo:
            if namespace.get(name, _UNBOUND) is given:
                _bind(namespace, name, replaced)
                done.append(name)
        self._undo.clear()
        return done


class Copies:
    """The copies of a session.

    Parameters
    ----------
    namespace : MutableMapping
        The user's namespace.
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._namespace = namespace
        self._changes: list[_Change] = []

    @property
    def size(self) -> int:
        """The bytes of all copies."""
        return sum(change.size for change in self._changes)

    def before(self, turn: str, preview: Preview, limit_mb: float) -> BeforeRun:
        """Copy the variables that code would replace, change or delete, before it runs.

        Parameters
        ----------
        turn : str
            The id of the turn that runs the code.
        preview : Preview
            What the code would do.
        limit_mb : float
            The most megabytes of all copies. The oldest ones go first. 0 copies nothing.
        """
        limit = max(0, int(limit_mb * 1e6))
        made = self._copy(preview.binds, limit) if limit else {}
        self._make_room(limit - sum(size for _, size in made.values()))
        return BeforeRun(self._namespace, self._changes, turn, preview, made)

    def _copy(self, binds: Collection[Bind], room: int) -> dict[str, tuple[Any, int]]:
        made: dict[str, tuple[Any, int]] = {}
        for bind in binds:
            value = self._namespace.get(bind.name, _UNBOUND)
            size = bytes_of(value)
            if bind.effect == "new" or size is None or size > room:
                continue
            self._make_room(room - size)
            with contextlib.suppress(Exception):  # such as no memory: then there is no copy
                made[bind.name] = copied(value), size
                room -= size
        return made

    def _make_room(self, most: int) -> None:
        """Drop the oldest copies until the others have at most so many bytes."""
        size = self.size
        for change in self._changes:
            if size <= most:
                break
            size -= change.size
            change.copy, change.size = _NO_COPY, 0
        del self._changes[:-_MOST]

    def preview(self, turns: Collection[str]) -> GivenBack:
        """Return what `give_back` would do now."""
        back = GivenBack()
        for name, found in self._found(turns).items():
            if found is None:
                back.changed_since.append(name)
            elif found.copy is not _NO_COPY:
                back.names.append(name)
            elif not found.new:
                back.no_copy.append(name)
        return back

    def give_back(self, turns: Collection[str]) -> GivenBack:
        """Bind names to their values before these turns.

        A name gets its old value only if it is still bound to what Claude's code left. If the user
        bound it anew between two of the turns, it gets that value.

        Parameters
        ----------
        turns : collection of str
            The ids of the turns that a rewind drops.
        """
        back = self.preview(turns)
        found = self._found(turns)
        for name in back.names:
            change = found[name]
            assert change is not None
            replaced = self._namespace.get(name, _UNBOUND)
            self._namespace[name] = change.copy
            back._undo.append((name, change.copy, replaced))
        self._changes[:] = [change for change in self._changes if change.turn not in turns]
        return back

    def forget(self) -> None:
        """Drop all copies."""
        self._changes.clear()

    def _found(self, turns: Collection[str]) -> dict[str, _Change | None]:
        """Return for each name the change to take back; None if it was bound again since."""
        found: dict[str, _Change | None] = {}
        ends: set[str] = set()
        for change in reversed(self._changes):
            name = change.name
            if change.turn not in turns or name in ends:
                continue
            if name not in found and not _is_still(self._namespace, change):
                found[name] = None
                ends.add(name)
                continue
            found[name] = change
            if not change.continues:
                ends.add(name)
        return found


class BeforeRun:
    """The namespace before a run, as far as it is needed after it. `Copies.before` makes it."""

    def __init__(
        self,
        namespace: MutableMapping[str, Any],
        changes: list[_Change],
        turn: str,
        preview: Preview,
        copies: dict[str, tuple[Any, int]],
    ) -> None:
        self._namespace = namespace
        self._changes = changes
        self._turn = turn
        self._binds = {bind.name: bind for bind in preview.binds}
        self._copies = copies
        self._names = frozenset(namespace)
        last = {change.name: change for change in changes}
        self._continues = {name for name, change in last.items() if _is_still(namespace, change)}

    def after(self, ran: Ran) -> tuple[BoundName, ...]:
        """Return what the code did to names, for `RanCode`. Call this once, after the run."""
        if not ran.began:
            return ()
        names = [self._bound(name) for name in ran.bound]
        for bind in self._binds.values():
            if bind.name in ran.bound or bind.name not in self._names:
                continue
            copied = bind.name in self._copies
            if bind.name not in self._namespace:
                names.append(BoundName(bind.name, "deleted", bind.what, copied))
            elif bind.effect == "changes":
                names.append(BoundName(bind.name, "changed", bind.what, copied))
        for name in names:
            self._note(name)
        return tuple(names)

    def _bound(self, name: str) -> BoundName:
        if name not in self._names:
            return BoundName(name, "new")
        what = self._binds[name].what if name in self._binds else ""
        return BoundName(name, "replaced", what, name in self._copies)

    def _note(self, bound: BoundName) -> None:
        copy, size = self._copies.get(bound.name, (_NO_COPY, 0))
        left = _reference(self._namespace, bound.name, keep=bound.name in self._copies)
        new = bound.effect == "new"
        continues = bound.name in self._continues
        self._changes.append(_Change(self._turn, bound.name, left, continues, new, copy, size))


def _is_still(namespace: MutableMapping[str, Any], change: _Change) -> bool:
    """Whether a name stands for what a change left."""
    return change.left() is namespace.get(change.name, _UNBOUND)


def _reference(
    namespace: MutableMapping[str, Any], name: str, *, keep: bool = False
) -> Callable[[], Any]:
    """Return a function that returns the object of a name while others keep it alive.

    Lists, texts and other objects of Python cannot be referred to in this way. They are kept alive
    if `keep` says so; else it is not known whether the name still stands for the same one.
    """
    value = namespace.get(name, _UNBOUND)
    try:
        reference = weakref.ref(value)
    except TypeError:
        kept = value if keep or type(value) in _SMALL else _GONE
        return lambda: kept

    def get() -> Any:
        known = reference()
        return _GONE if known is None else known

    return get


def _bind(namespace: MutableMapping[str, Any], name: str, value: Any) -> None:
    if value is _UNBOUND:
        namespace.pop(name, None)
    else:
        namespace[name] = value
