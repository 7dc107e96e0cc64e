"""`Outputs`: the outputs of a run, as a notebook keeps them, and never more than a limit."""

from __future__ import annotations

import base64
import json
from collections import deque
from typing import Any

#: An output as nbformat defines it. There are two more types: ``update_display_data``, which
#: replaces the data of the display with its ``transient["display_id"]``, and ``clear_output``,
#: with ``wait`` as in the messaging protocol.
Output = dict[str, Any]

#: The most characters of text that a run keeps, without the end of its streams.
MOST_TEXT = 900_000
#: The most characters that it keeps of the end of its streams.
MOST_TAIL = 100_000
#: The most characters of pictures, HTML and other data.
MOST_DATA = 8_000_000
#: The longest text of one value.
MOST_VALUE = 200_000
#: The most outputs; streams count anew each time that they change.
MOST_ITEMS = 2_000

_PLAIN = "text/plain"


class Outputs:
    """Collects outputs within the limits.

    Each method returns what a view should show of the new output: an output, or None.

    Attributes
    ----------
    left_out : int
        The characters of text that were not kept.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._items: list[Output] = []
        self._clear_next = False
        self._begin()

    def _begin(self) -> None:
        self._items.clear()
        self._pieces: list[str] = []  # of the last item, if it is a stream
        self._text = MOST_TEXT
        self._data = MOST_DATA
        self._tail: deque[tuple[str, str]] = deque()
        self._tail_length = 0

    def stream(self, name: str, text: str) -> Output | None:
        """Add text of a stream."""
        self._clear_if_due()
        room = 0 if self._tail or len(self._items) >= MOST_ITEMS else self._text
        head, rest = text[:room], text[room:]
        self._text -= len(head)
        if rest:
            self._add_to_tail(name, rest)
        if not head:
            return None
        self._append_text(name, head)
        return {"output_type": "stream", "name": name, "text": head}

    def display(
        self, data: dict[str, Any], metadata: dict[str, Any], display_id: str
    ) -> Output | None:
        """Add a display."""
        self._clear_if_due()
        if len(self._items) >= MOST_ITEMS:
            self.left_out += len(str(data.get(_PLAIN, "")))
            return None
        output = self._bundle("display_data", data, metadata)
        return self._append(output, display_id)

    def result(self, data: dict[str, Any], metadata: dict[str, Any]) -> Output:
        """Add the value of the code."""
        output = self._bundle("execute_result", data, metadata)
        return self._append({**output, "execution_count": None}, "")

    def error(self, name: str, value: str, traceback: list[str]) -> Output:
        """Add an error."""
        lines = [shortened(line, MOST_VALUE) for line in traceback[-200:]]
        value = shortened(value, MOST_VALUE)
        output = {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}
        return self._append(output, "")

    def update(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str) -> Output:
        """Replace the data of a display, which may be one of an earlier run."""
        new = self._bundle("update_display_data", data, metadata)
        for item in self._items:
            if item.get("transient", {}).get("display_id") == display_id:
                self._data += sum(map(_size, item["data"].values()))
                item.update(data=new["data"], metadata=new["metadata"])
        return {**new, "transient": {"display_id": display_id}}

    def clear(self, *, wait: bool) -> Output:
        """Drop all outputs: now, or at the next one."""
        self._clear_next = wait
        if not wait:
            self._begin()
        return {"output_type": "clear_output", "wait": wait}

    def finish(self) -> list[Output]:
        """Add the end of the streams, if they were too long. Return what is new."""
        new: list[Output] = []
        if not self._tail:
            return new
        if self.left_out:
            note = f"\n… {self.left_out:,} characters left out …\n"
            self._tail.appendleft((self._tail[0][0], note))
        for name, text in self._tail:
            self._append_text(name, text)
            new.append({"output_type": "stream", "name": name, "text": text})
        self._tail.clear()
        return new

    def items(self) -> tuple[Output, ...]:
        """Return the outputs."""
        self._join()
        return tuple(self._items)

    def _append(self, output: Output, display_id: str) -> Output:
        self._clear_if_due()
        self._join()
        if display_id:
            output["transient"] = {"display_id": display_id}
        self._items.append(output)
        return dict(output)

    def _append_text(self, name: str, text: str) -> None:
        last = self._items[-1] if self._items else None
        if last is None or last.get("name") != name:
            self._join()
            self._items.append({"output_type": "stream", "name": name, "text": ""})
        self._pieces.append(text)

    def _join(self) -> None:
        # Not with each piece: that would copy all text before it.
        if self._pieces:
            self._items[-1]["text"] += "".join(self._pieces)
            self._pieces.clear()

    def _add_to_tail(self, name: str, text: str) -> None:
        if len(text) > MOST_TAIL:
            self.left_out += len(text) - MOST_TAIL
            text = text[-MOST_TAIL:]
        self._tail.append((name, text))
        self._tail_length += len(text)
        while (
            self._tail_length - len(self._tail[0][1]) >= MOST_TAIL or len(self._tail) > MOST_ITEMS
        ):
            _, dropped = self._tail.popleft()
            self._tail_length -= len(dropped)
            self.left_out += len(dropped)

    def _clear_if_due(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._begin()

    def _bundle(self, kind: str, data: dict[str, Any], metadata: dict[str, Any]) -> Output:
        """Return an output with as much of the data as there is room for."""
        kept: dict[str, Any] = {}
        notes: list[str] = []
        for mime, value in data.items():
            value = _clean(value)
            if mime == _PLAIN:
                whole = str(value)
                value = shortened(whole, MOST_VALUE)
                self.left_out += max(0, len(whole) - len(value))
            if (size := _size(value)) > self._data:
                notes.append(f"[{mime} with {size:,} characters left out]")
            else:
                self._data -= size
                kept[mime] = value
        if notes:
            kept[_PLAIN] = "\n".join([kept[_PLAIN], *notes] if _PLAIN in kept else notes)
        return {"output_type": kind, "data": kept, "metadata": _clean(metadata)}


def shortened(text: str, most: int) -> str:
    """Return a text's head and tail if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"


def _clean(value: Any) -> Any:
    """Return a value as JSON can hold it: bytes become base64."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return json.loads(json.dumps(value, default=str))


def _size(value: Any) -> int:
    return len(value if isinstance(value, str) else json.dumps(value))
