"""`Search`: makes the rows of a list of conversations, one transcript at a time.

Its methods read files, so call them in another thread.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from jupyter_claude_sdk.lowlevel import Transcript

from .._text import one_line, plain_line
from .transcripts import Conversation, conversation_of

_BEFORE, _AFTER = 40, 80  # characters of an excerpt around what was searched for
_NEAR = 400  # characters on each side in which the marks of Markdown have both of their ends
_KNOWN = 500  # conversations to remember


@dataclass(frozen=True)
class Hit:
    """A conversation that was found.

    Attributes
    ----------
    conversation : Conversation
        The conversation.
    excerpt : str
        The text around what was searched for, on one line; "" if the title has it.
    """

    conversation: Conversation
    excerpt: str = ""


class Search:
    """Reads transcripts, and remembers what each is about until it changes."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], Conversation | None]] = {}

    def look(self, path: Path, words: str, stop: threading.Event) -> Hit | None:
        """Return the conversation of a transcript, if its title or one of its texts has `words`.

        Parameters
        ----------
        path : Path
            The transcript.
        words : str
            What to find, in lower case; "" finds each conversation.
        stop : threading.Event
            Ends the search early.
        """
        found = self._about(path)
        if found is None:
            return None
        if not words or words in plain_line(found.title or found.first_prompt).lower():
            return Hit(found)
        excerpt = _excerpt(path, words, stop)
        return None if excerpt is None else Hit(found, excerpt)

    def _about(self, path: Path) -> Conversation | None:
        try:
            status = path.stat()
        except OSError:  # deleted just now
            return None
        version = (status.st_size, status.st_mtime_ns)
        known = self._known.pop(path, None)
        if known is None or known[0] != version:
            known = (version, conversation_of(path))
        self._known[path] = known
        if len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]
        return known[1]


def _excerpt(path: Path, words: str, stop: threading.Event) -> str | None:
    """Return the text around the first place with `words`; None if there is none."""
    # The words as a transcript's line has them. A line without them need not be parsed.
    written = json.dumps(words, ensure_ascii=False)[1:-1].split()
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if stop.is_set():
                    return None
                low = line.lower()
                if all(word in low for word in written):
                    break
            else:
                return None
        entries = Transcript(path).conversation()
    except OSError:  # deleted just now
        return None
    for entry in entries:
        if stop.is_set():
            return None
        if entry.kind not in ("user", "assistant") or entry.is_note:
            continue
        for text in [entry.prompt or ""] if entry.kind == "user" else entry.texts:
            if excerpt := _found_in(text, words):
                return excerpt
    return None


def _found_in(text: str, words: str) -> str:
    """Return what is around `words`, without the marks of Markdown if it has them then too."""
    for line in (_plain_near(text, words), " ".join(text.split())):
        at = line.lower().find(words)
        if at >= 0:
            return one_line(_around(line, at, at + len(words)))
    return ""


def _plain_near(text: str, words: str) -> str:
    """Return the text near `words` as plain words on one line; "" if it does not have them."""
    found = re.search(r"\s+".join(map(re.escape, words.split())), text, re.IGNORECASE)
    if found is None:
        return ""
    return plain_line(text[max(0, found.start() - _NEAR) : found.end() + _NEAR])


def _around(line: str, start: int, end: int) -> str:
    first, last = max(0, start - _BEFORE), end + _AFTER
    return ("…" if first else "") + line[first:last] + ("…" if last < len(line) else "")
