"""Completes what follows an ``@`` in a prompt: names, cells, outputs, the last error, files."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .._names import to_show, to_system
from .._text import exact_line
from .mentions import Kind, Mentions

MOST = 50
_MOST_NAMES, _MOST_CELLS = 30, 10
_MOST_ENTRIES = 3_000  # of folders that are searched
_MOST_SECONDS = 0.05
_SKIPPED = frozenset(("node_modules", "__pycache__", "site-packages", "venv"))

#: The `@` before the cursor, and what was typed after it.
_TYPED = re.compile(r'(?<![\w@\\`./+-])@(?P<typed>"[^"\n]*|[^\s@"`]*)\Z')
#: A path that Claude Code reads without quotes.
_PLAIN = re.compile(r'[^\s"`]*[A-Za-z0-9_]\Z')


@dataclass(frozen=True)
class Completion:
    """A completion.

    Attributes
    ----------
    text : str
        What replaces the text from `start` to the cursor, such as "@df".
    start : int
        Where the replaced text begins: at its ``@``.
    kind : str
        "variable", "cell", "output", "error", "file" or "folder".
    detail : str
        What it is, in a few words.
    """

    text: str
    start: int
    kind: Kind
    detail: str


def complete(mentions: Mentions, text: str, cursor: int) -> list[Completion]:
    """Return the completions of a prompt at the cursor; none if no ``@`` is before it.

    Parameters
    ----------
    mentions : Mentions
        Knows what there is.
    text : str
        The prompt.
    cursor : int
        The number of characters before the cursor.
    """
    match = _TYPED.search(text[max(0, cursor - 1_000) : cursor])
    if match is None:
        return []
    typed = match["typed"]
    start = cursor - len(typed) - 1
    found = [*_names(mentions, typed, start), *_cells(mentions, typed, start)]
    found += _files(mentions, typed, start, MOST - len(found))
    return found[:MOST]


def _names(mentions: Mentions, typed: str, start: int) -> Iterator[Completion]:
    begin = typed.casefold()
    names = [name for name in mentions.looker.newest() if name.casefold().startswith(begin)]
    details = mentions.looker.briefs(names[:_MOST_NAMES])
    for name, detail in details.items():
        yield Completion(f"@{name}", start, "variable", detail)


def _cells(mentions: Mentions, typed: str, start: int) -> Iterator[Completion]:
    looker = mentions.looker
    failed = looker.last_error()
    if failed is not None and "error".startswith(typed) and not mentions.has_variable("error"):
        yield Completion("@error", start, "error", exact_line(failed.error)[:60])
    places: tuple[tuple[str, Kind, list[int]], ...] = (
        ("In", "cell", looker.cell_numbers()),
        ("Out", "output", looker.output_numbers()),
    )
    for place, kind, numbers in places:
        most = _MOST_CELLS if typed else 2
        texts = [(f"{place}[{number}]", number) for number in reversed(numbers)]
        chosen = [(text, n) for text, n in texts if text.startswith(typed)][:most]
        for text, number in chosen:
            detail = looker.first_line(number) if kind == "cell" else ""
            yield Completion(f"@{text}", start, kind, detail)


def _files(mentions: Mentions, typed: str, start: int, most: int) -> Iterator[Completion]:
    wanted = typed.removeprefix('"').casefold()
    for path, is_folder in files_below(mentions.folder()):
        if most <= 0:
            return
        name = to_show(path)
        if not name.isprintable() or '"' in name:
            continue
        folded = name.casefold()
        if folded.startswith(wanted) or folded.rpartition("/")[2].startswith(wanted):
            most -= 1
            written = name if _PLAIN.match(name) and not typed.startswith('"') else f'"{name}"'
            kind: Kind = "folder" if is_folder else "file"
            yield Completion(f"@{written}", start, kind, kind)


def files_below(folder: Path) -> Iterator[tuple[str, bool]]:
    """Go through a folder and those in it, the nearest first, for a short time.

    It follows no link, and enters no hidden folder and none of packages.

    Yields
    ------
    tuple
        The path from the folder, with ``/``, and whether it is a folder.
    """
    ends = time.monotonic() + _MOST_SECONDS
    waiting: deque[str] = deque([""])
    entries = 0
    while waiting:
        inside = waiting.popleft()
        try:
            with os.scandir(Path(folder, to_system(inside))) as scan:
                found = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            entries += 1
            if entries > _MOST_ENTRIES or time.monotonic() > ends:
                return
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            name = f"{inside}/{entry.name}" if inside else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            yield name, is_folder
            if is_folder and entry.name not in _SKIPPED:
                waiting.append(name)
