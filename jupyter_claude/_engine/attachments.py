"""`Attachments`: sends what belongs to a prompt with it, and shows what was sent.

That is what the prompt names by ``@``, and what the user gave with it: in the panel, with
``--attach`` or with ``attach=``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from .._kernel_tools.looking import withheld_line
from .._looking.mentions import Mentions
from .._turns.attached import READ_BY_CLAUDE_CODE
from .._turns.items import LARGEST_IMAGES, Attached
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .pieces import Piece, piece_again


class Attachments:
    """Attaches to prompts.

    Parameters
    ----------
    mentions : callable
        Returns what knows the names; None if Claude may not look into the kernel.
    """

    def __init__(self, mentions: Callable[[], Mentions | None]) -> None:
        self._mentions = mentions
        self._given: WeakKeyDictionary[TurnWriter, list[tuple[Piece, Attached]]]
        self._given = WeakKeyDictionary()

    def give(self, writer: TurnWriter, pieces: Sequence[Piece]) -> None:
        """Attach what the user gave with a prompt. Views show it at once."""
        if not pieces:
            return
        for other in [one for one in self._given if one.turn.ended]:
            del self._given[other]  # their bytes are not needed any more
        room, given = LARGEST_IMAGES, []
        for number, piece in enumerate(pieces):
            chip = piece.chip(f"given-{number}", room)
            room -= _characters(chip)
            writer.put(chip)
            given.append((piece, chip))
        self._given[writer] = given

    def given(self, writer: TurnWriter) -> list[Piece]:
        """Return what the user gave with a prompt that has not ended, or that ended last."""
        return [piece for piece, _ in self._given.get(writer, ())]

    def again(self, turn: Turn) -> list[Piece]:
        """Return what the user gave with an earlier prompt, to send it again.

        For a turn before the last one, that is what its chips show: a PDF is not among it.
        """
        for writer in self._given:
            if writer.turn is turn:
                return self.given(writer)
        # What the prompt names by @ is looked at again.
        chips = [item for item in turn.items if isinstance(item, Attached)]
        pieces = [piece_again(chip) for chip in chips if not chip.name.startswith("@")]
        return [piece for piece in pieces if piece is not None]

    def prompt_of(self, writer: TurnWriter) -> str | dict[str, Any]:
        """Return a turn's prompt for Claude Code, with what belongs to it; show that in the turn.

        Naming is the permission, so only a prompt counts that the user wrote in a cell or in the
        panel. A program's prompt may be made of somebody else's text.
        """
        prompt = writer.turn.prompt
        mentions = self._mentions() if writer.typed and "@" in prompt else None
        blocks: list[dict[str, Any]] = []
        room = LARGEST_IMAGES
        for piece, chip in self._given.get(writer, ()):
            room -= _characters(chip)
            blocks += piece.blocks(chip)
        for number, (mention, look) in enumerate(mentions.attachments(prompt) if mentions else ()):
            piece = Piece(mention.text, look, note=withheld_line(look.withheld))
            chip = piece.chip(f"attached-{number}", room)
            if mention.kind in ("file", "folder") and not look.text:
                chip.text = READ_BY_CLAUDE_CODE
            room -= _characters(chip)
            writer.put(chip)
            blocks += piece.blocks(chip)
        if not blocks:
            return prompt
        # The prompt comes last: Claude Code looks there for commands and files.
        blocks.append({"type": "text", "text": prompt})
        return {"type": "user", "message": {"role": "user", "content": blocks}}


def _characters(chip: Attached) -> int:
    return sum(len(image.data) for image in chip.images)
