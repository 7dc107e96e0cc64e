"""`Problem`: one thing that is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from .._text import one_line


@dataclass(frozen=True)
class Problem:
    """A problem, for a turn, ``%claude status`` and the doctor.

    Attributes
    ----------
    name : str
        Its subject in general, such as "Settings files".
    text : str
        What is wrong, with the file's name.
    remedy : str
        What the user can do about it.
    subject : str
        The file or server that it is about; "" if there is none.
    """

    name: str
    text: str
    remedy: str
    subject: str = ""

    @property
    def line(self) -> str:
        """The text and the remedy in one line."""
        return one_line(f"{self.text}; {self.remedy}")
