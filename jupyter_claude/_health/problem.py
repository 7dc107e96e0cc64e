"""One thing that is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from .._text import one_line


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, for a turn, ``%claude status`` and the doctor.

    Attributes
    ----------
    name : str
        What it is about, such as "Settings file".
    text : str
        What is wrong, with the file's name.
    remedy : str
        What to do about it.
    subject : str
        The file or server that it is about, if it is about one.
    """

    name: str
    text: str
    remedy: str
    subject: str = ""

    @property
    def line(self) -> str:
        """All of it on one line."""
        return one_line(f"{self.text}; {self.remedy}")
