"""What somebody may have meant who mistyped a word."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean X?" with the known word that is most like `word`; "" if none is.

    Parameters
    ----------
    word : str
        What was typed.
    known : iterable of str
        What can be typed there.
    """
    from difflib import get_close_matches  # costs what loading should not

    typed = word.lower()
    words: dict[str, str] = {}
    for one in known:
        words.setdefault(one.lower(), one)
    found = get_close_matches(typed, words)
    # The same letters in another order are the commonest slip.
    found.sort(key=lambda one: sorted(one) != sorted(typed))
    return f"did you mean {words[found[0]]}?" if found else ""
