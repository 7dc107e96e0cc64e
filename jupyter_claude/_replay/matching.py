"""Finds the recorded turn that a changed question most likely stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from difflib import SequenceMatcher

from jupyter_claude_sdk.lowlevel import RecordedTurn, RecordingFolder

_COMPARED = 400  # words of a prompt; more take long to compare
#: Prompts that are less alike have nothing in common: the question is a new one.
_LEAST = 0.4
_SHORT = 4  # words; of shorter prompts the letters are compared, which are alike more often
_LETTERS = 0.65  # how much of what two short prompts have in common counts


def nearest(
    prompt: str,
    after: str,
    recording: RecordingFolder,
    *,
    same: Callable[[RecordedTurn], bool] | None = None,
    used: Collection[str] = (),
) -> RecordedTurn | None:
    """Return the recorded turn that a question without a recorded answer stands for, or None.

    It is one that follows the same recorded turn: with the same question, or with the prompt that
    is most like this one. Else it is the same question after other turns, because turns between
    were deleted or are new.

    Parameters
    ----------
    prompt : str
        The prompt, without secrets.
    after : str
        The key of the recorded turn before.
    recording : RecordingFolder
        The recording.
    same : callable, optional
        Whether a recorded turn has the same question. Default: it has the same words as prompt.
    used : collection of str
        The keys of turns that other questions stand for.
    """
    is_same = same or (lambda turn: turn.asked.prompt.split() == prompt.split())
    followers = [turn for turn in recording.children(after) if turn.key not in used]
    found = next(filter(is_same, followers), None) or most_like(prompt, followers)
    if found is not None:
        return found
    others = (turn for turn in recording.turns.values() if turn.key not in used)
    return next(filter(is_same, others), None)


def most_like(prompt: str, turns: Iterable[RecordedTurn]) -> RecordedTurn | None:
    """Return the turn whose prompt is most like this one; None if none is like it."""
    likest = max(turns, key=lambda one: _likeness(prompt, one.asked.prompt), default=None)
    if likest is None or _likeness(prompt, likest.asked.prompt) < _LEAST:
        return None
    return likest


def earlier_turn(number: int) -> str:
    """Return the reason that an earlier turn changed, in words."""
    return f"an earlier turn ({number})" if number else "an earlier turn"


def _likeness(one: str, other: str) -> float:
    """Return how alike two prompts are: 1.0 for the same, 0.0 for nothing in common."""
    if one == other:
        return 1.0
    words, others = _words(one), _words(other)
    if min(len(words), len(others)) < _SHORT:
        letters = SequenceMatcher(None, one.lower()[:_COMPARED], other.lower()[:_COMPARED], False)
        return letters.ratio() * _LETTERS
    return SequenceMatcher(None, words, others, autojunk=False).ratio()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())[:_COMPARED]
