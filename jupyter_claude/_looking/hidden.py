"""`Hidden`: the names that the user hides from Claude; `Marks`: the things behind such names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

from .classes import is_subclass
from .look import WITHHELD
from .secrets import WORD_START, secret_name, strong_name, written_forms

_MOST_MEMBERS = 2_000
_DEEPEST = 3
_START = 4  # characters by which texts are found, if there are more than a few
_FEW = 30
_WORD = re.compile(r"[^\W\d]\w*")
_COLOUR = r"\x1b\[[\d;]*m"  # ends with a letter, and may stand before a word
#: Shells keep folders in these variables. Their names sound like passwords.
_FOLDERS = frozenset(("PWD", "OLDPWD"))
#: Things that many variables share.
_SHARED = (bool, int, float, complex, type(None), type(...), FunctionType, BuiltinFunctionType)


class _Text(NamedTuple):
    """Which texts behind a name are kept back wherever they appear."""

    least: int
    plain: bool  # also words without a digit


_SURE, _LIKELY, _MEMBER = _Text(4, True), _Text(8, False), _Text(12, False)


class Hidden:
    """The names that the user hides, such as ``df`` or ``customer*``."""

    def __init__(self) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}

    def hide(self, *patterns: str) -> None:
        """Hide variables by name; ``*`` stands for any characters."""
        for pattern in patterns:
            self._patterns[pattern] = re.compile(translate(pattern))

    def hides(self, name: str) -> bool:
        """Whether a variable with this name is hidden."""
        return any(pattern.match(name) for pattern in self._patterns.values())

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names and patterns, as the user gave them."""
        return tuple(self._patterns)


class Marks:
    """The things that are kept back wherever they appear: by identity, and texts by their letters.

    Parameters
    ----------
    variables : mapping
        The user's variables.
    hidden : Hidden
        The names that the user hides.
    """

    def __init__(self, variables: Mapping[str, Any], hidden: Hidden) -> None:
        self.hidden = hidden
        self._things: dict[int, Any] = {}  # kept alive, so that no other thing gets their id
        self._texts: set[str] = set()
        of_hidden: set[int] = set()
        for name, value in variables.items():
            if hidden.hides(name):
                self._add(value, _SURE)
                of_hidden.add(id(value))
            elif secret_name(name):
                self._add(value, _SURE if strong_name(name) else _LIKELY)
        of_hidden &= self._things.keys()
        self._names = {name for name, value in variables.items() if id(value) in of_hidden}
        if type(os.environ) is os._Environ:
            for name, value in os.environ.items():
                if secret_name(name) and name not in _FOLDERS:
                    self._add_text(value, _LIKELY)
        self._ordered = sorted(self._texts, key=len, reverse=True)
        self._starts: dict[str, list[str]] = {}
        for text in self._ordered:
            self._starts.setdefault(text[:_START], []).append(text)

    def marks(self, thing: object) -> bool:
        """Whether this very thing is kept back."""
        return id(thing) in self._things or (type(thing) is str and thing in self._texts)

    @property
    def things(self) -> list[Any]:
        """All things that are kept back."""
        return list(self._things.values())

    def hidden_in(self, source: str) -> str:
        """Return the first name in a source that the user hides, also by another name; else ""."""
        if not self.hidden.patterns:
            return ""
        names = (match[0] for match in _WORD.finditer(source))
        return next((name for name in names if name in self._names or self.hidden.hides(name)), "")

    def without(self, text: str) -> tuple[str, int]:
        """Return text in which each text that is kept back is withheld, and how many there were."""
        found = 0
        for secret in self._candidates(text):
            if secret not in text:
                continue
            if secret.isalpha():  # the password "test" is not in "train_test_split"
                word = rf"({_COLOUR}|{WORD_START}){secret}(?!\w)"
                text, count = re.subn(word, rf"\g<1>{WITHHELD}", text)
            else:
                count, text = text.count(secret), text.replace(secret, WITHHELD)
            found += count
        return text, found

    def _candidates(self, text: str) -> list[str]:
        """Return the texts that may be in `text`, the longest first.

        If there are many, they are found by their first characters: each cell of a table is
        searched.
        """
        if len(self._ordered) <= _FEW:
            return self._ordered
        starts = self._starts
        found = {
            secret
            for index in range(len(text) - _START + 1)
            for secret in starts.get(text[index : index + _START], ())
            if text.startswith(secret, index)
        }
        return sorted(found, key=len, reverse=True)

    def _add(self, thing: Any, rule: _Text, depth: int = 0) -> None:
        cls = type(thing)
        if cls is str:
            self._add_text(thing, rule)
            if len(thing) >= rule.least:
                self._things[id(thing)] = thing
            return
        if cls is bytes or cls is bytearray:
            self._add_text(bytes(thing[:10_000]).decode("latin-1"), rule)
        if any(cls is shared for shared in _SHARED) or is_subclass(thing, type):
            return
        if is_subclass(thing, ModuleType) or (depth and len(self._things) > 10 * _MOST_MEMBERS):
            return
        if (cls is tuple or cls is frozenset) and not thing:  # there is only one
            return
        if id(thing) in self._things:
            return
        self._things[id(thing)] = thing
        if depth < _DEEPEST:
            for name, member in _members(thing):
                # A cookie's path is no secret, and yet a member of `cookies`.
                sure = rule is _SURE or (name is not None and secret_name(name))
                self._add(member, rule if sure or name is None else _MEMBER, depth + 1)

    def _add_text(self, text: str, rule: _Text) -> None:
        if len(text) < rule.least or not (rule.plain or any(map(str.isdigit, text))):
            return
        self._texts |= {repr(text)[1:-1], *written_forms(text)}


def _members(thing: Any) -> Iterable[tuple[str | None, Any]]:
    cls = type(thing)
    if cls is dict:
        for key, member in islice(list(thing.items()), _MOST_MEMBERS):
            yield (key if type(key) is str else ""), member
    elif cls is list or cls is tuple or cls is set or cls is frozenset:
        for member in islice(list(thing), _MOST_MEMBERS):
            yield None, member
