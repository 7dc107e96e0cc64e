"""Finds what a prompt names by ``@``, and attaches it: ``@df``, ``@In[3]``, ``@data.csv``.

A name counts only where a person wrote it as one: not in an e-mail address, in code, after a
backslash or as a decorator; and only if there is such a thing. Files are different: Claude Code
itself reads them, by rules of its own. So `find` follows these rules for files, and what it finds
is what a page shows as read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from .._names import to_show, to_system
from .._text import exact_line
from .arrays import size_text
from .look import Look, LookError, capped
from .looker import Looker

Kind = Literal["variable", "cell", "output", "error", "file", "folder"]
MOST = 8  # mentions of a prompt that are attached
_MOST_CHARACTERS = 40_000  # of all of them
ROWS = 5

#: Before an `@` that names something there is no word, path, escape or code.
_NAME = re.compile(
    r"(?<![\w@\\`./+-])@(?:(?P<place>In|Out)\[(?P<number>\d{1,6})\]|(?P<name>[^\W\d]\w*)"
    r"(?![\w@(]|[.\-/:\\]\w))"
)
#: What Claude Code takes for a file: `@` after white space, up to the last end of a word.
_FILE = re.compile(
    r'(?<![^\s\ufeff])@(?:"(?P<quoted>[^"\n]+)"'
    r"|(?P<plain>[^\s\ufeff]*[^\s\ufeff](?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))))"
)
_LINES = re.compile(r"#L\d+(?:-L?\d+)?\Z")
_FENCE = re.compile(r"(?P<quote>[ ]{0,3}(?:>[ ]?)*)[ ]{0,3}(?P<fence>`{3,}|~{3,})")
_DECORATED = re.compile(r"[ \t]*(?:@|def\b|class\b|async[ \t]+def\b)")
_INLINE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True)
class Mention:
    """Something that a prompt names.

    Attributes
    ----------
    text : str
        As the prompt has it, such as "@df".
    kind : str
        "variable", "cell", "output", "error", "file" or "folder".
    name : str
        The variable's name, the cell's number, or the file's path.
    start : int
        Where it begins in the prompt.
    end : int
        Where it ends.
    """

    text: str
    kind: Kind
    name: str
    start: int
    end: int


class Known(Protocol):
    """What there is to be named."""

    def has_variable(self, name: str) -> bool:
        """Whether there is such a variable."""

    def has_cell(self, number: int) -> bool:
        """Whether the source of this cell is known."""

    def has_output(self, number: int) -> bool:
        """Whether an output of this cell is known."""

    def has_error(self) -> bool:
        """Whether one of the last cells failed."""

    def path(self, name: str) -> Path | None:
        """Return the file or folder that Claude Code would read for this name."""


def find(prompt: str, known: Known) -> list[Mention]:
    """Return what a prompt names, in order. Each thing is returned once."""
    found = [*_names(prompt, known), *_files(prompt, known)]
    found.sort(key=lambda mention: (mention.start, mention.kind))
    once: dict[tuple[str, str], Mention] = {}
    for mention in found:
        once.setdefault((mention.kind, mention.name), mention)
    return list(once.values())


class Mentions:
    """Finds, attaches and describes what prompts name by ``@``.

    Parameters
    ----------
    looker : Looker
        Looks at variables and cells.
    folder : callable
        Returns the folder in which Claude Code works.
    """

    def __init__(self, looker: Looker, folder: Callable[[], Path]) -> None:
        self.looker = looker
        self.folder = folder

    def find(self, prompt: str) -> list[Mention]:
        """Return what a prompt names, in order. Each thing is returned once."""
        return find(prompt, self) if "@" in prompt else []

    def attach(self, mention: Mention) -> Look:
        """Return what the model gets of a mention; of a file only its title.

        Raises
        ------
        LookError
            If it is no longer there.
        """
        look = self.looker
        if mention.kind == "variable":
            return look.look_at(mention.name, look.value(mention.name), ROWS, drawn=True)
        if mention.kind == "cell":
            return look.cell(int(mention.name))
        if mention.kind == "output":
            return look.output(int(mention.name), ROWS)
        if mention.kind == "error":
            return look.error()
        return _of_file(mention, self.path(mention.name))

    def attachments(self, prompt: str) -> list[tuple[Mention, Look]]:
        """Return what a prompt names, with what the model gets of each.

        All of them together are not longer than two looks. Of more than eight, the others are named
        only.
        """
        mentions = self.find(prompt)
        looks: list[tuple[Mention, Look]] = []
        for mention in mentions[:MOST]:
            try:
                looks.append((mention, self.attach(mention)))
            except LookError as gone:
                looks.append((mention, Look(str(gone), ())))
        for mention in mentions[MOST:]:
            title = f"{exact_line(mention.text)[:80]}: not attached, {MOST} are the most"
            looks.append((mention, Look(title, ())))
        return [(mention, shortened(look, len(looks))) for mention, look in looks]

    # --- what there is ----------------------------------------------------------------------------

    def has_variable(self, name: str) -> bool:
        """Whether the user has such a variable."""
        return name in self.looker.names()

    def has_cell(self, number: int) -> bool:
        """Whether the source of this cell is known."""
        return self.looker.has_cell(number)

    def has_output(self, number: int) -> bool:
        """Whether an output of this cell is known."""
        return self.looker.has_output(number)

    def has_error(self) -> bool:
        """Whether one of the last cells failed."""
        return self.looker.last_error() is not None

    def path(self, name: str) -> Path | None:
        """Return the file or folder that Claude Code would read for this name."""
        name = _LINES.sub("", name)
        if not name or name.startswith(("//", "\\\\")):  # a server's
            return None
        try:
            path = Path(self.folder(), os.path.expanduser(to_system(name)))
            return path if path.exists() else None
        except (OSError, ValueError):
            return None


def shortened(look: Look, number: int) -> Look:
    """Return a look as one of `number` that are sent together."""
    most = max(_MOST_CHARACTERS // max(number, 1), 2_000)
    if len(look.text) <= most:
        return look
    return Look(look.title, capped(look.parts, most, labelled=True), look.withheld)


def outside_code(prompt: str) -> list[tuple[int, int]]:
    """Return the parts of a prompt that are no code: neither in a fence nor in backticks."""
    parts: list[tuple[int, int]] = []
    fence, quoted, place = "", False, 0
    for line in prompt.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            ends = mark is not None and mark["fence"].startswith(fence)
            if (
                mark
                and ends
                and quoted == (">" in mark["quote"])
                and not line[mark.end() :].strip()
            ):
                fence = ""
        elif mark:
            fence, quoted = mark["fence"], ">" in mark["quote"]
        else:
            begun = place
            for code in _INLINE.finditer(line):
                parts.append((begun, place + code.start()))
                begun = place + code.end()
            parts.append((begun, place + len(line)))
        place += len(line)
    return parts


def _names(prompt: str, known: Known) -> Iterator[Mention]:
    for start, end in outside_code(prompt):
        for match in _NAME.finditer(prompt, start, end):
            if match["place"]:
                kind: Kind = "cell" if match["place"] == "In" else "output"
                number = int(match["number"])
                there = known.has_cell if kind == "cell" else known.has_output
                if there(number):
                    yield Mention(match[0], kind, str(number), *match.span())
            elif not _is_decorator(prompt, match):
                name = match["name"]
                if known.has_variable(name):
                    yield Mention(match[0], "variable", name, *match.span())
                elif name == "error" and known.has_error():
                    yield Mention(match[0], "error", name, *match.span())


def _is_decorator(prompt: str, match: re.Match[str]) -> bool:
    """Whether a line has only this name, and the next one defines something."""
    begin = prompt.rfind("\n", 0, match.start()) + 1
    end = prompt.find("\n", match.end())
    if end < 0 or prompt[begin : match.start()].strip() or prompt[match.end() : end].strip():
        return False
    return _DECORATED.match(prompt, end + 1) is not None


def _files(prompt: str, known: Known) -> Iterator[Mention]:
    for match in _FILE.finditer(prompt):
        name = match["quoted"] or match["plain"]
        path = known.path(name)
        if path is not None:
            kind: Kind = "folder" if path.is_dir() else "file"
            yield Mention(match[0], kind, name, *match.span())


def _of_file(mention: Mention, path: Path | None) -> Look:
    """Return only a title: Claude Code itself reads the file."""
    name = exact_line(to_show(mention.name))[:200]
    if path is None:
        raise LookError(f"There is no file {name}")
    if mention.kind == "folder":
        return Look(f"{name}: folder", ())
    try:
        return Look(f"{name}: file, {size_text(path.stat().st_size)}", ())
    except OSError:
        return Look(f"{name}: file", ())
