"""`ItemScanner`: finds the complete items of a list while its JSON still comes."""

from __future__ import annotations

_OPEN = {"[": "]", "{": "}"}


class ItemScanner:
    """Reads the JSON of a list, in pieces, each character once.

    The list may be a value of objects: ``{"value": [1, 2]}`` has the items 1 and 2.
    """

    def __init__(self) -> None:
        self._closing: list[str] = []  # the ends of what is open around the present character
        self._list = 0  # at which depth the list's items are; 0 until it is found
        self._in_text = False
        self._escaped = False
        self._item: list[str] = []  # the pieces of the present item
        self._over = False

    def feed(self, piece: str) -> list[str]:
        """Take the next piece, and return the JSON of the items that are now complete."""
        complete: list[str] = []
        start = 0 if self._list else len(piece)  # of the present item in this piece
        for at, character in enumerate(piece):
            if self._over:
                break
            if self._in_text:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_text = False
            elif character == '"':
                self._in_text = True
            elif character in _OPEN:
                self._closing.append(_OPEN[character])
                if not self._list and character == "[":
                    self._list, start = len(self._closing), at + 1
            elif character in "]}":
                if self._list and len(self._closing) == self._list:
                    self._take(piece[start:at], complete)
                    self._over = True
                elif self._closing:
                    self._closing.pop()
            elif character == "," and self._list and len(self._closing) == self._list:
                self._take(piece[start:at], complete)
                start = at + 1
        if self._list and not self._over:
            self._item.append(piece[start:])
        return complete

    def _take(self, end: str, complete: list[str]) -> None:
        text = "".join([*self._item, end]).strip()
        self._item = []
        if text:
            complete.append(text)
