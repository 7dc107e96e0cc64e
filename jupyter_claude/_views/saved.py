"""What a saved notebook holds for our own renderer in JupyterLab: the turn as data.

It goes beside the static HTML, under a MIME type of our own, and the front end's `src/saved.ts`
draws it with the views of the live widget, without a kernel. It says no more than the HTML does,
but for the turn's id: not the prompt, which is the cell's source, nor the ids of calls. Images
stand in the file once, in the HTML; here is only their number there.
"""

from __future__ import annotations

import json
from typing import Any

from .._text import without_halves
from .._turns.items import Item, Notice, ToolCall, beginning
from .._turns.turn import TAKEN_BACK, Turn
from .protocol import error_text, item_view

MIME = "application/vnd.jupyter-claude.turn+json"

#: Of the form of the data; a front end that knows only earlier ones shows the HTML.
VERSION = 1

_TOOLS = 100_000  # characters of the tools' input and output, all together, that are kept whole
_PART = 2_000  # of each, if it is more than that
_LARGEST = 1_000_000  # characters; of a turn beyond it only the HTML is kept


def saved(turn: Turn, *, error: bool = True) -> dict[str, Any] | None:
    """Return `turn` as data for the renderer; None if it is too large for a second form.

    Parameters
    ----------
    turn : Turn
        What to show.
    error : bool, default True
        Whether to show the error that ended it.
    """
    numbers = {item.id: str(number) for number, item in enumerate(turn.shown, 1)}
    images = _image_numbers(turn)
    length = sum(len(text) for call in turn.tools for text in _texts(call))
    limit = None if length <= _TOOLS else _PART
    items = []
    for item in turn.shown:
        view = _item(item, limit)
        view["id"] = numbers[item.id]
        if not isinstance(item, Notice):
            view["parent"] = numbers.get(item.parent, "")
        if isinstance(item, ToolCall):
            view["images"] = images.get(item.id, [])
        items.append({name: value for name, value in view.items() if value not in ("", [])})
    data: dict[str, Any] = {
        "version": VERSION,
        "id": turn.id,
        "number": turn.number,
        "practice": turn.practice,
        "items": items,
        "cost": turn.cost_line,
        "error": error_text(turn) if error else "",
        **({"left": TAKEN_BACK} if turn.taken_back else {}),
    }
    # A file cannot hold half of a surrogate pair, which a model can write: its mark stands for it.
    text = without_halves(json.dumps(data, ensure_ascii=False))
    return json.loads(text) if len(text) <= _LARGEST else None


def _item(item: Item, limit: int | None) -> dict[str, Any]:
    view = item_view(item)
    if isinstance(item, ToolCall) and limit is not None:
        view["input"], view["output"] = (beginning(text, limit) for text in _texts(item))
    return view


def _texts(call: ToolCall) -> tuple[str, str]:
    return call.shown_input()[0], call.shown_output()


def _image_numbers(turn: Turn) -> dict[str, list[int]]:
    """Return which of the HTML's images belong to a call; a subagent's stand before its own."""
    tree = turn.tree()
    numbers: dict[str, list[int]] = {}
    count = 0

    def walk(items: list[Item]) -> None:
        nonlocal count
        for item in items:
            if isinstance(item, ToolCall) and not item.todos:
                walk(tree[item.id])
                numbers[item.id] = list(range(count, count + len(item.images)))
                count += len(item.images)

    walk(tree[""])
    return numbers
