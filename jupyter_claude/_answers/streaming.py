"""`ItemStream`: the items of a list, each as soon as it is complete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar, get_args, get_origin

from jupyter_claude_sdk.lowlevel import AnswerForm, Misfit, name_of

from .items import ItemScanner

T = TypeVar("T")


class ItemStream(Generic[T]):
    """Reads the items of an answer while it comes.

    An item that was given cannot be taken back. If Claude tries again, the items at the places of
    those given are left out.

    Parameters
    ----------
    wanted : type
        The list's type.

    Raises
    ------
    TypeError
        If it is no list.
    """

    def __init__(self, wanted: Any) -> None:
        if get_origin(wanted) is not list:
            raise TypeError(
                f"stream(…, schema={name_of(wanted)}) gives one item after the other: use "
                "schema=list[…], or claude.ask(…) for another type"
            )
        self._item: AnswerForm[T] = AnswerForm(get_args(wanted)[0])
        self._call = ""
        self._scanner: ItemScanner | None = None  # None: the present answer is wrong already
        self._seen = 0  # items of the present answer
        self._given = 0

    def feed(self, call: str, piece: str) -> list[T]:
        """Take the next piece of an answer, and return the items that are now complete.

        Parameters
        ----------
        call : str
            The id of the call that gives the answer; another id is another try.
        piece : str
            A piece of its JSON.
        """
        if call != self._call:
            self._call, self._scanner, self._seen = call, ItemScanner(), 0
        made: list[T] = []
        for text in self._scanner.feed(piece) if self._scanner is not None else ():
            try:
                item = self._item.read(json.loads(text))
            except (Misfit, ValueError):
                self._scanner = None  # Claude is told, and tries again
                break
            self._seen += 1
            if self._seen > self._given:
                self._given += 1
                made.append(item)
        return made

    def rest(self, value: Sequence[T]) -> list[T]:
        """Return the items of the whole value that were not given yet."""
        rest = list(value[self._given :])
        self._given += len(rest)
        return rest
