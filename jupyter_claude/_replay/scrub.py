"""`Scrubber`: takes secrets and this machine's folders out of what is recorded."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import Any, TypeVar

from jupyter_claude_sdk.lowlevel import redacted

from .._looking.hidden import Marks
from .._looking.secrets import without_secrets, written_forms

#: What stands in a recording in place of the notebook's folder, and of the user's home folder.
FOLDER, HOME = "‹folder›", "‹home›"
#: The fields that are names, hashes or words of our own.
_OURS = frozenset(("key", "parent", "file", "before", "after", "content", "state", "level", "kind"))

T = TypeVar("T")


class Scrubber:
    """Makes texts fit for a recording, and back.

    Parameters
    ----------
    secrets : iterable of str
        Values that are secrets, such as those of the environment.
    folder : Path
        The folder in which Claude works.
    home : Path
        The user's home folder.
    marks : Marks, optional
        The user's variables that are secrets, or hidden from Claude.
    """

    def __init__(
        self, secrets: Iterable[str], folder: Path, home: Path, marks: Marks | None = None
    ) -> None:
        self._marks = [] if marks is None else [marks]
        self._secrets = {form for secret in secrets for form in written_forms(secret)}
        self._here = ((FOLDER, str(folder)), (HOME, str(home)))
        self._patterns = [
            (mark, re.compile(rf"(?<![\w.\-]){re.escape(form)}(?![\w\-])"))
            for form, mark in sorted(_forms(self._here).items(), key=lambda one: -len(one[0]))
        ]

    # --- for a recording ----------------------------------------------------------------------

    def text(self, text: str) -> str:
        """Return a text without secrets and without this machine's folders."""
        return self.placed(self.unsecret(text))

    def placed(self, text: str) -> str:
        """Return a text with marks in place of this machine's folders."""
        for mark, pattern in self._patterns:
            text = pattern.sub(mark, text)
        return text

    def unsecret(self, text: str) -> str:
        """Return a text without secrets."""
        text = redacted(text, self._secrets)
        for marks in self._marks:
            text, _ = marks.without(text)
        return without_secrets(text)[0]

    def later(self, now: Scrubber) -> Scrubber:
        """Return `now` with the secrets that this one knows, too."""
        made = copy(now)
        made._secrets = self._secrets | now._secrets
        made._marks = [*self._marks, *now._marks]
        return made

    def has_secret(self, text: str) -> bool:
        """Whether a text has a secret."""
        return self.unsecret(text) != text

    def recorded(self, value: T) -> T:
        """Return a recorded turn, or a part of one, with all its texts made fit."""
        return _mapped(value, self.text)

    # --- from a recording ---------------------------------------------------------------------

    def restored(self, value: T) -> T:
        """Return a recorded turn, or a part of one, with this machine's folders."""
        return _mapped(value, self._restore)

    def _restore(self, text: str) -> str:
        for mark, here in self._here:
            if mark in text:
                text = text.replace(mark, here)
        return text


def _mapped(value: T, change: Callable[[str], str]) -> T:
    made: T = _change(value, change)
    return made


def _change(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_change(one, change) for one in value]
    if isinstance(value, dict):
        return {
            change(key) if isinstance(key, str) else key: _change(one, change)
            for key, one in value.items()
        }
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            one.name: _change(getattr(value, one.name), change)
            for one in dataclasses.fields(value)
            if one.name not in _OURS
        }
        return dataclasses.replace(value, **fields)
    return value


def _forms(places: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the ways in which texts write these folders, with their marks."""
    found: dict[str, str] = {}
    for mark, path in places:
        for form in (path, os.path.realpath(path)):
            for written in (form, form.replace("\\", "/"), form.replace("\\", "\\\\")):
                if len(written.strip("/\\")) > 2:  # "/" is in every path
                    found.setdefault(written, mark)
    return found
