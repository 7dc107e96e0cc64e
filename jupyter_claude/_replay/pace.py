"""`Pace`: shows a recorded answer word by word, as if it came now. Only for who asked for it."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Sequence

from .._turns.items import Item, TextItem
from .._turns.turn import Turn
from .._turns.writer import TurnWriter

_PAUSE = 0.03  # seconds after a few words
_PIECES = re.compile(r"(?s).{1,20}\S*\s*")


class Pace:
    """Shows items in their order, with pauses."""

    def __init__(self) -> None:
        self._turn: Turn | None = None  # the turn that is being shown

    async def show(self, writer: TurnWriter, items: Sequence[Item]) -> None:
        """Show the items of a turn, texts piece by piece."""
        self._turn = writer.turn
        try:
            for item in items:
                if not isinstance(item, TextItem):
                    writer.play_item(item)
                    await self._pause(writer)
                    continue
                shown = dataclasses.replace(item, text="")
                writer.play_item(shown)
                for piece in _PIECES.findall(item.text):
                    writer.append(shown, piece)
                    await self._pause(writer)
        finally:
            self._turn = None

    def hurry(self, turn: Turn) -> bool:
        """Show the rest of a turn at once; return whether it is being shown."""
        shown = turn is self._turn
        self._turn = None if shown else self._turn
        return shown

    async def _pause(self, writer: TurnWriter) -> None:
        if self._turn is writer.turn:
            await asyncio.sleep(_PAUSE)
