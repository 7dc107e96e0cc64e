"""The data of a turn in a saved notebook, for our renderer in JupyterLab.

It is beside the static HTML, with its own MIME type. The front end's `src/saved.ts` shows it with
the views of the live widget, without a kernel. Apart from the turn's id it has no more than the
HTML: not the prompt, which is the cell's source, and not the ids of calls. The file has images
once, in the HTML; this data has only their numbers there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, cast

from .._text import without_halves
from .._turns.items import Attached, Item, Notice, ToolCall, beginning, ends
from .._turns.turn import Turn
from .protocol import attached_view, call_view, error_text, notice_view, stale_line, text_view

if TYPE_CHECKING:
    from .._protocol.saved import SavedItem, SavedTurn

MIME = "application/vnd.jupyter-claude.turn+json"

#: The version of the data's form. A front end that does not know it shows the HTML.
VERSION: Literal[1] = 1

_TOOLS = 100_000  # characters; up to this the tools' input and output are kept in full
_PART = 2_000  # characters of each, if all together are longer
_LARGEST = 1_000_000  # characters; a larger turn has only the HTML


def saved(turn: Turn, *, error: bool = True) -> SavedTurn | None:
    """Return `turn` as data for the renderer; None if it is too large.

    Parameters
    ----------
    turn : Turn
        The turn.
    error : bool, default True
        Whether to show the error that ended it.
    """
    numbers = {item.id: str(number) for number, item in enumerate(turn.shown, 1)}
    images = _image_numbers(turn)
    length = sum(len(text) for call in turn.tools for text in _texts(call))
    length += sum(len(item.text) for item in turn.shown if isinstance(item, Attached))
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
    if turn.left:
        data["left"] = turn.left
    if stale := stale_line(turn):
        data["stale"] = stale
    # A model can write a lone surrogate, which a file cannot contain: it becomes a mark.
    text = without_halves(json.dumps(data, ensure_ascii=False))
    return cast("SavedTurn", json.loads(text)) if len(text) <= _LARGEST else None


def _item(
    item: Item, numbers: dict[str, str], images: dict[str, list[int]], limit: int | None
) -> SavedItem:
    item_id = numbers[item.id]
    if isinstance(item, Notice):
        notice = notice_view(item)
        return {"id": item_id, "kind": "notice", "level": notice["level"], "text": notice["text"]}
    if isinstance(item, Attached):
        chip = attached_view(item)
        text = chip["text"] if limit is None else beginning(item.text, limit)
        return {
            "id": item_id,
            "kind": "attached",
            "name": chip["name"],
            "title": chip["title"],
            "text": text,
            "images": images.get(item.id, []),
            "note": chip["note"],
        }
    parent = numbers.get(item.parent, "")
    if not isinstance(item, ToolCall):
        words = text_view(item)
        return {"id": item_id, "kind": words["kind"], "parent": parent, "text": words["text"]}
    call = call_view(item)
    if limit is not None:
        whole = item.shown_input()[0]
        call["input"] = beginning(whole, limit)
        call["output"], call["left_out"], call["output_end"] = ends(item.shown_output(), limit)
        call["cut"] = call["input"] != whole
    return {
        "id": item_id,
        "kind": "tool",
        "parent": parent,
        "name": call["name"],
        # A name that is its own title, as most are, stands there once.
        "title": call["title"] if call["title"] != call["name"] else "",
        "step": call["step"],
        "summary": call["summary"],
        "seconds": 0 if item.is_open else call["seconds"],
        "state": call["state"],
        "input": call["input"],
        "input_kind": call["input_kind"],
        "cut": call["cut"],
        "counts": call["counts"],
        "output": call["output"],
        "left_out": call["left_out"],
        "output_end": call["output_end"],
        "images": images.get(item.id, []),
        "todos": call["todos"],
        "progress": call["progress"],
        "note": call["note"],
    }


def _filled(item: SavedItem) -> SavedItem:
    """Return an item without what is empty."""
    filled = {name: value for name, value in item.items() if value not in ("", [], 0)}
    return cast("SavedItem", filled)


def _texts(call: ToolCall) -> tuple[str, str]:
    return call.shown_input()[0], call.shown_output()


def _image_numbers(turn: Turn) -> dict[str, list[int]]:
    """Return which of the HTML's images belong to each call. A subagent's images come first."""
    tree = turn.tree()
    numbers: dict[str, list[int]] = {}
    count = 0

    def walk(items: list[Item]) -> None:
        nonlocal count
        for item in items:
            if isinstance(item, ToolCall) and not item.todos:
                walk(tree[item.id])
            if isinstance(item, Attached) or (isinstance(item, ToolCall) and not item.todos):
                numbers[item.id] = list(range(count, count + len(item.images)))
                count += len(item.images)

    walk(tree[""])
    return numbers
