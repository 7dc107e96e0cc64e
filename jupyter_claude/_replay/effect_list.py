"""`EffectList`: the code and the files of a recording, which the user approves once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jupyter_claude_sdk.lowlevel import RecordedTurn

from .effect_order import mark_of

_VERSION = 2


@dataclass(frozen=True)
class EffectList:
    """What the turns of a recording would do again, in the order of the recording.

    Attributes
    ----------
    turns : tuple of RecordedTurn
        The turns that ran code or changed files.
    digest : str
        The SHA-256 of all that would run and be written, and of the questions it belongs to. An
        approval counts for this digest alone.
    """

    turns: tuple[RecordedTurn, ...]
    digest: str
    _marks: frozenset[str]  # of the turns as they were then; a turn may be recorded anew

    @classmethod
    def of(cls, turns: Iterable[RecordedTurn], recording: Path) -> EffectList:
        """Return the list of some turns of a recording."""
        found = tuple(turn for turn in turns if turn.code or turn.files)
        marks = [_sha(json.dumps(mark_of(turn))) for turn in found]
        # Approved for one folder, it may overwrite other files in another one.
        place = os.path.realpath(recording)
        return cls(found, _sha(json.dumps([_VERSION, place, marks])), frozenset(marks))

    def has(self, turn: RecordedTurn) -> bool:
        """Whether a turn is in the list, just as it is."""
        return _sha(json.dumps(mark_of(turn))) in self._marks

    def states_of(self, path: str) -> set[str]:
        """Return all digests that the recording knows for a file."""
        files = [
            file
            for turn in self.turns
            for file in turn.files
            if file.path == path and not file.withheld
        ]
        return {digest for file in files for digest in (file.before, file.after)}

    @property
    def codes(self) -> int:
        """How many pieces of code it has."""
        return sum(len(turn.code) for turn in self.turns)

    def first_code(self, turn: RecordedTurn) -> int:
        """Return the number of a turn's first code, counted through the list from 1."""
        number = 1
        for one in self.turns:
            if one.key == turn.key:
                break
            number += len(one.code)
        return number

    @property
    def title(self) -> str:
        """What the user is asked about: ``This notebook replays 3 pieces of code and 2 files``."""
        codes = self.codes
        files = len({file.path for turn in self.turns for file in turn.files})
        parts = [_count(codes, "piece of code", "pieces of code")] if codes else []
        parts += [_count(files, "file", "files")] if files else []
        return f"This notebook replays {' and '.join(parts)}"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
