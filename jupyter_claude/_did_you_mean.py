"""Suggests the right word for a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean X?" with the known word most like `word`; "" if none is like it.

    Parameters
    ----------
    word : str
        The mistyped word.
    known : iterable of str
        The possible words.
    """
    from difflib import get_close_matches  # lazy: this import costs time

    typed = word.lower()
    words: dict[str, str] = {}
    for one in known:
        words.setdefault(one.lower(), one)
    found = get_close_matches(typed, words)
    # The same letters in another order are the most common mistake.
    found.sort(key=lambda one: sorted(one) != sorted(typed))
    return f"did you mean {words[found[0]]}?" if found else ""
