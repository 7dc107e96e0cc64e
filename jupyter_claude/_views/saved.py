"""What a saved notebook holds for our own renderer in JupyterLab: the turn as data.

It goes beside the static HTML, under a MIME type of our own, and the front end's `src/saved.ts`
draws it with the views of the live widget, without a kernel. It says no more than the HTML does,
but for the turn's id: not the prompt, which is the cell's source, nor the ids of calls. Images
stand in the file once, in the HTML; here is only their number there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, cast

from .._text import without_halves
from .._turns.items import Item, Notice, ToolCall, beginning
from .._turns.turn import TAKEN_BACK, Turn
from .protocol import call_view, error_text, notice_view, text_view

if TYPE_CHECKING:
    from .._protocol.saved import SavedItem, SavedTurn

MIME = "application/vnd.jupyter-claude.turn+json"

#: Of the form of the data; a front end that knows only earlier ones shows the HTML.
VERSION: Literal[1] = 1

_TOOLS = 100_000  # characters of the tools' input and output, all together, that are kept whole
_PART = 2_000  # of each, if it is more than that
_LARGEST = 1_000_000  # characters; of a turn beyond it only the HTML is kept


def saved(turn: Turn, *, error: bool = True) -> SavedTurn | None:
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
    data: SavedTurn = {
        "version": VERSION,
        "id": turn.id,
        "number": turn.number,
        "practice": turn.practice,
        "items": [_filled(_item(item, numbers, images, limit)) for item in turn.shown],
        "cost": turn.cost_line,
        "error": error_text(turn) if error else "",
    }
    if turn.taken_back:
        data["left"] = TAKEN_BACK
    # A file cannot hold half of a surrogate pair, which a model can write: its mark stands for it.
    text = without_halves(json.dumps(data, ensure_ascii=False))
    return cast("SavedTurn", json.loads(text)) if len(text) <= _LARGEST else None


def _item(
    item: Item, numbers: dict[str, str], images: dict[str, list[int]], limit: int | None
) -> SavedItem:
    item_id = numbers[item.id]
    if isinstance(item, Notice):
        notice = notice_view(item)
        return {"id": item_id, "kind": "notice", "level": notice["level"], "text": notice["text"]}
    parent = numbers.get(item.parent, "")
    if not isinstance(item, ToolCall):
        words = text_view(item)
        return {"id": item_id, "kind": words["kind"], "parent": parent, "text": words["text"]}
    call = call_view(item)
    if limit is not None:
        call["input"], call["output"] = (beginning(text, limit) for text in _texts(item))
    return {
        "id": item_id,
        "kind": "tool",
        "parent": parent,
        "name": call["name"],
        "summary": call["summary"],
        "state": call["state"],
        "input": call["input"],
        "input_kind": call["input_kind"],
        "counts": call["counts"],
        "output": call["output"],
        "images": images.get(item.id, []),
        "todos": call["todos"],
        "progress": call["progress"],
        "note": call["note"],
    }


def _filled(item: SavedItem) -> SavedItem:
    """Return an item without what is empty."""
    filled = {name: value for name, value in item.items() if value not in ("", [])}
    return cast("SavedItem", filled)


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
