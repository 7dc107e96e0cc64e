"""`CountedSettings`: the settings that turns may change, as they count in a key."""

from __future__ import annotations

from functools import partial

from .._core.host import Host
from .._turns.events import TurnChange, TurnEnded
from .._turns.turn import Turn


class CountedSettings:
    """Knows what turns made of the settings.

    A turn can change the permission mode, for example: the user approves a plan. A replayed turn
    changes none. So what a turn made of them does not count, until the user changes it.

    Parameters
    ----------
    host : Host
        Has the settings.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._counted: dict[str, str] = {}  # the settings as they count, while they drift
        self._drifted: dict[str, str] = {}  # what a turn made of them

    def present(self) -> dict[str, str]:
        """Return them as they count now."""
        from .question import DRIFTING

        present = {name: str(getattr(self._host.settings, name)) for name in DRIFTING}
        return {
            name: self._counted[name] if self._drifted.get(name) == value else value
            for name, value in present.items()
        }

    def follow(self, turn: Turn) -> None:
        """Note what this turn makes of them."""
        turn.listen(partial(self._turn_changed, self.present()))

    def _turn_changed(self, counted: dict[str, str], change: TurnChange) -> None:
        if isinstance(change, TurnEnded):
            self._counted = counted
            self._drifted = {name: str(getattr(self._host.settings, name)) for name in counted}
