"""Makes text of others safe to print on one line."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text on one line, with characters that draw nothing as marks: ``⟨U+202E⟩``.

    So a value of the model's cannot move the cursor or turn the text around, where an error with
    this value is printed.
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else f"⟨U+{ord(one):04X}⟩" for one in line)
