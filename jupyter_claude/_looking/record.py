"""`Record`: the last cells, with what they printed and showed, in bounded memory."""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .look import Picture

MOST_CELLS = 20
MOST_OUTPUTS = 50  # of one cell
MOST_PICTURE_BYTES = 10_000_000  # of all cells
_MOST_SOURCE = 20_000
_MOST_TEXT = 20_000
_HEAD, _TAIL = 4_000, 12_000
_PICTURES = ("image/png", "image/jpeg")
_TEXTS = ("text/plain", "text/markdown", "text/latex")


class Printed:
    """What a cell printed: its beginning and its end."""

    def __init__(self) -> None:
        self._head, self._tail, self._dropped = "", "", 0

    def add(self, text: str) -> None:
        """Add text. Of very long text the middle is dropped."""
        room = _HEAD - len(self._head)
        if room > 0:
            self._head, text = self._head + text[:room], text[room:]
        if not text:
            return
        tail = self._tail + text[-_TAIL:] if len(text) <= _TAIL else text[-_TAIL:]
        self._dropped += len(self._tail) + len(text) - len(tail[-_TAIL:])
        self._tail = tail[-_TAIL:]

    def __bool__(self) -> bool:
        return bool(self._head)

    @property
    def text(self) -> str:
        """The text."""
        if not self._dropped:
            return self._head + self._tail
        # Half a line could have half a secret.
        head = re.sub(r"(?:\n[^\n]{0,500}|\S+)\Z", "", self._head)
        tail = re.sub(r"\A(?:[^\n]{0,500}\n|\S+)", "", self._tail)
        return f"{head}\n… {self._dropped:,} characters …\n{tail}"


@dataclass
class Output:
    """An output of a cell: a result or a display.

    Attributes
    ----------
    text : str
        Its text.
    picture : Picture or None
        Its picture.
    kinds : tuple of str
        Its MIME types.
    id : str
        Its display id.
    dropped : bool
        Whether its picture was dropped, because later ones took the room.
    """

    text: str = ""
    picture: Picture | None = None
    kinds: tuple[str, ...] = ()
    id: str = ""
    dropped: bool = False


@dataclass
class CellRecord:
    """A cell that ran.

    Attributes
    ----------
    number : int
        Its number, as in ``In[3]``; 0 if it has none.
    source : str
        Its source.
    is_prompt : bool
        Whether it is a ``%%claude`` cell.
    outputs : list of Output
        What it showed.
    printed : Printed
        What it printed.
    error : str
        The error's name, if it failed.
    traceback : str
        The traceback, as IPython showed it.
    key : str
        The id of the request that runs it.
    ended : bool
        Whether it has ended.
    clears : bool
        Whether its next output replaces all before.
    """

    number: int
    source: str
    is_prompt: bool = False
    outputs: list[Output] = field(default_factory=list)
    printed: Printed = field(default_factory=Printed)
    error: str = ""
    traceback: str = ""
    key: str = ""
    ended: bool = False
    clears: bool = False

    def clear(self) -> None:
        """Forget what the cell showed and printed."""
        self.outputs.clear()
        self.printed = Printed()
        self.clears = False


class Record:
    """The last cells. A reader gets them oldest first."""

    def __init__(self) -> None:
        self.cells: deque[CellRecord] = deque(maxlen=MOST_CELLS)
        self.hears_prints = False
        self._before: Callable[[], None] = lambda: None

    def begin(self, source: str, key: str = "") -> CellRecord:
        """Add a cell. It gets its number when it has ended: before, IPython's versions differ."""
        is_prompt = source.lstrip().startswith(("%%claude", "%claude"))
        cell = CellRecord(0, source[:_MOST_SOURCE], is_prompt, key=key)
        self.cells.append(cell)
        return cell

    def find(self, key: str) -> CellRecord | None:
        """Return the cell of a message with this parent."""
        return next((cell for cell in reversed(self.cells) if key and cell.key == key), None)

    def show(self, cell: CellRecord, data: Mapping[str, Any], id: str = "") -> None:
        """Add an output, or replace the one with the same display id."""
        output = _output(data, id)
        if cell.clears:
            cell.clear()
        if id:
            for each in self.cells:
                for index, old in enumerate(each.outputs):
                    if old.id == id:
                        each.outputs[index] = output
                        self._forget_pictures()
                        return
        if len(cell.outputs) < MOST_OUTPUTS:
            cell.outputs.append(output)
            self._forget_pictures()

    def _forget_pictures(self) -> None:
        """Keep the newest pictures only."""
        left = MOST_PICTURE_BYTES
        for cell in reversed(self.cells):
            for output in reversed(cell.outputs):
                if output.picture is not None:
                    left -= len(output.picture.data)
                    if left < 0:
                        output.picture, output.dropped = None, True


def _output(data: Mapping[str, Any], id: str) -> Output:
    data = {name: value for name, value in data.items() if type(name) is str}
    kinds = tuple(data)
    texts = [data[name] for name in _TEXTS if name in kinds]
    text = next((text for text in texts if type(text) is str), "")
    for mime in _PICTURES:
        picture = _bytes(data.get(mime))
        if picture:
            return Output(text[:_MOST_TEXT], Picture(picture, mime), kinds, id)
    return Output(text[:_MOST_TEXT], None, kinds, id)


def _bytes(data: Any) -> bytes:
    if type(data) is bytes:
        return data if len(data) <= MOST_PICTURE_BYTES else b""
    if type(data) is not str or len(data) > MOST_PICTURE_BYTES * 4 // 3:
        return b""
    try:
        return base64.b64decode(data)
    except (binascii.Error, ValueError):
        return b""
