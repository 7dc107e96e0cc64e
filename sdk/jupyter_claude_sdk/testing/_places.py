"""Puts marks in place of the paths of one machine, and the present paths in place of the marks.

A recording has ``‹folder›`` for the folder that the session worked in, and ``‹home›`` for the
user's home folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._conversation import system_texts

_FOLDER, _HOME = "‹folder›", "‹home›"
_STATED = re.compile(r"[Ww]orking directory: ([^\n]+)")


class Places:
    """The folders of a session.

    Parameters
    ----------
    folder : str or Path
        The folder that it works in.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder, self._home = str(folder), os.path.expanduser("~")
        marks = ((self._folder, _FOLDER), (self._home, _HOME))
        # A link's own name and its target are one folder. "/" would be in every path.
        names = {
            name: mark
            for path, mark in reversed(marks)
            for name in (os.path.realpath(path), path)
            if os.path.isabs(name) and len(name) > 1
        }
        self._marks = [
            # A longer name that begins, or ends, in the same way is another folder.
            (re.compile(rf"(?<![\w.\-]){re.escape(name)}(?![\w\-]|\.\w)"), names[name])
            for name in sorted(names, key=len, reverse=True)
        ]

    def hidden(self, value: Any) -> Any:
        """Return text, or what texts are in, with marks in place of paths."""
        return _changed(value, self._hide)

    def shown(self, value: Any) -> Any:
        """Return text, or what texts are in, with paths in place of marks."""
        return _changed(value, self._show)

    def _hide(self, text: str) -> str:
        for pattern, mark in self._marks:
            text = pattern.sub(mark, text)
        return text

    def _show(self, text: str) -> str:
        return text.replace(_FOLDER, self._folder).replace(_HOME, self._home)


def stated_folder(body: Mapping[str, Any]) -> str:
    """Return the folder that the CLI works in, as a request tells the model; "" if it does not."""
    for text in system_texts(body):
        if found := _STATED.search(text):
            return found[1].strip()
    return ""


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(key)): _changed(one, change) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_changed(one, change) for one in value]
    return value
