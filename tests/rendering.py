"""The cases that every renderer of a turn must show alike, and what the static HTML shows.

``labextension/test/data/rendering.json`` has the cases: each names where the input stands in a
turn, what a reader sees of it, which words are links, and which marks stand for hidden characters.
Three tests run them: `tests/extension/test_rendering.py` with the static HTML, and
``labextension/test/rendering.test.ts`` with the live view and with JupyterLab's renderer.

The kernel makes the data that the front end draws. `python -m tests.rendering` writes it, for the
cases, to ``rendered.json`` beside them; a test says when that file is out of date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, TypedDict

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.items import Item, Notice, TextItem, ThinkingItem, ToolCall, ToolImage
from jupyter_claude._turns.turn import TAKEN_BACK, Turn
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views import static
from jupyter_claude._views.protocol import turn_view
from jupyter_claude._views.saved import saved
from tests.typescript import FRONT_END

DATA = FRONT_END / "test" / "data"
RENDERED = DATA / "rendered.json"

_BLOCKS = frozenset(
    [
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "li"),
        *("table", "thead", "tbody", "tr", "hr", "details"),
    ]
)
_SPACES = re.compile(r"[ \t\n\r\f]+")
_MARK = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")


class _Named(TypedDict):
    name: str
    where: str
    input: str
    text: str


class Case(_Named, total=False):
    """One case: `links` and `marks` are empty where they are not given."""

    links: list[list[str]]
    marks: list[str]


class Shown(TypedDict):
    """What a reader sees."""

    text: str
    links: list[list[str]]
    marks: list[str]


def cases() -> list[Case]:
    """Return all cases."""
    read: list[Case] = json.loads((DATA / "rendering.json").read_text("utf-8"))
    return read


def expected(case: Case) -> Shown:
    """Return what every renderer must show of a case."""
    return {
        "text": case["text"],
        "links": case.get("links", []),
        "marks": case.get("marks", []),
    }


# --- what the kernel makes ----------------------------------------------------------------------


def turn_of(case: Case) -> Turn:
    """Return a turn in which the input of a case stands where the case says."""
    where, text = case["where"], case["input"]
    writer = TurnWriter(1, "id", "prompt", folder=Path(), practice=where == "practice")
    writer.put(_item(where, text))
    if where == "error":
        writer.finish("failed", ClaudeError(text))
    else:
        writer.finish("done")
    writer.leave(TAKEN_BACK if where == "left" else "")
    return writer.turn


def _item(where: str, text: str) -> Item:
    call = ToolCall("id", "Tool", state="done")
    if where == "prose":
        return TextItem("id", text)
    if where == "thinking":
        return ThinkingItem("id", text)
    if where == "notice":
        return Notice("id", text)
    if where == "name":
        call.name = text
    elif where == "summary":
        call.input = {"pattern": text}
    elif where == "command":
        call.name, call.input = "Bash", {"command": text}
    elif where == "input":
        call.input = {"text": text}
    elif where in ("diff", "counts"):
        call.diff = text
    elif where == "todo":
        call.todos = [{"content": text, "status": "to do"}]
    elif where == "image":
        call.images = [ToolImage("image/png", "AAAA", text)]
    elif where in ("output", "note", "progress"):
        setattr(call, where, text)
    elif where not in ("practice", "left", "error"):
        raise ValueError(where)
    return call


def sent(case: Case) -> dict[str, Any]:
    """Return what the kernel tells a live view of a case, and puts into a notebook's file."""
    turn = turn_of(case)
    view: Mapping[str, Any] = turn_view(turn)
    fields = ("practice", "items", "error", "left")
    return {
        "name": case["name"],
        "live": {field: view[field] for field in fields},
        "saved": saved(turn),
        "html": _images(static.html(turn)),
    }


def _images(page: str) -> str:
    """Return the images of a page, which is all of the HTML that the renderer reads."""
    images = BeautifulSoup(page, "html.parser").select("img")
    return "".join(
        f'<img src="{image["src"]}" alt="{escape(str(image["alt"]))}">' for image in images
    )


def all_sent() -> str:
    """Return the content of ``rendered.json``."""
    # Escaped, since a file cannot hold half a character.
    return json.dumps([sent(case) for case in cases()], indent=2) + "\n"


# --- what the static HTML shows -----------------------------------------------------------------

#: Where a part of a turn stands in the static HTML.
_PLACES = {
    "prose": "article > div",
    "thinking": "article > details > div",
    "notice": "article > div",
    "name": "group summary strong",
    "summary": "group summary code",
    "command": "group details > pre",
    "input": "group details > pre",
    "diff": "group details > pre",
    "counts": "group summary code + span",
    "output": "group details > pre ~ pre",
    "note": "group > details ~ div",
    "progress": "group > details ~ div",
    "todo": "group li",
    "error": "group ~ div",
    "practice": "article > div",
    "left": "article > div",
}


def shown_as_html(case: Case) -> Shown:
    """Return what a reader of the static HTML sees of a case."""
    page = BeautifulSoup(static.html(turn_of(case)), "html.parser")
    where = case["where"]
    if where == "image":
        (image,) = page.select("img")
        return seen(str(image["alt"]))
    place = re.sub(r"(article|group)", r'[role="\1"]', _PLACES[where])
    part = page.select_one(place)
    assert part is not None, place
    if where == "todo":  # its mark and its state have looks of their own
        box, text = str(part.contents[0])[0], str(part.contents[0])[2:-1]
        assert box == "☐"
        return seen(text)
    if where == "name":
        (card,) = page.select('[role="group"]')
        assert card["aria-label"] == f"Tool: {part.get_text()}"
    return seen_in(part) if where == "prose" else seen(part.get_text())


def shown_as_prose(text: str) -> Shown:
    """Return what a reader of the static HTML sees of Markdown."""
    return seen_in(BeautifulSoup(static.render_markdown(text), "html.parser"))


def seen(text: str) -> Shown:
    """Return what is seen of a text without links."""
    return {"text": text.removesuffix("\n"), "links": [], "marks": _MARK.findall(text)}


def seen_in(part: Tag) -> Shown:
    """Return what is seen of a part of a page; ``visible.ts`` does the same in the front end."""
    lines = _Lines()
    lines.add(part, exact=False)
    text = lines.end()
    links = [
        [_SPACES.sub(" ", link.get_text()), str(link["href"])] for link in part.select("a[href]")
    ]
    return {"text": text, "links": links, "marks": _MARK.findall(text)}


class _Lines:
    """Text as a browser lays it out: blocks on their own lines, spaces as one outside of code."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, node: Tag, *, exact: bool) -> None:
        for child in node.children:
            if isinstance(child, NavigableString):
                self._add_text(str(child), exact=exact)
            elif isinstance(child, Tag):
                self._add_element(child, exact=exact)

    def _add_element(self, node: Tag, *, exact: bool) -> None:
        if node.name == "br":
            self._break(even_if_empty=True)
            return
        if node.name in ("td", "th") and node.find_previous_sibling() is not None:
            self._text = f"{self._text.removesuffix(' ')} | "
        if node.name in _BLOCKS:
            self._break()
        self.add(node, exact=exact or node.name == "pre")
        if node.name in _BLOCKS:
            self._break()

    def _add_text(self, text: str, *, exact: bool) -> None:
        if not exact:
            text = _SPACES.sub(" ", text)
            if not self._text or self._text[-1] in " \n":
                text = text.removeprefix(" ")
        self._text += text

    def _break(self, *, even_if_empty: bool = False) -> None:
        if self._text and (even_if_empty or not self._text.endswith("\n")):
            self._text = f"{self._text.removesuffix(' ')}\n"

    def end(self) -> str:
        self._break()
        return self._text.removesuffix("\n")


if __name__ == "__main__":
    RENDERED.write_text(all_sent(), "utf-8")
