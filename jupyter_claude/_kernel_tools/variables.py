"""`Variables`: what Claude's code did to the user's variables, and how a rewind takes it back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from .._core.host import Host
from .._running.copies import BeforeRun, Copies, GivenBack
from .._running.preview import Preview
from .._turns.ran_code import bound_text
from .._turns.turn import Turn


class Variables:
    """The variables that Claude's code has changed.

    Parameters
    ----------
    host : Host
        Its settings say how much memory copies may take.
    namespace : callable
        Returns the user's namespace.
    """

    def __init__(self, host: Host, namespace: Callable[[], MutableMapping[str, Any]]) -> None:
        self._host = host
        self._namespace = namespace
        self._copies: Copies | None = None
        self._of: MutableMapping[str, Any] | None = None
        self._given: GivenBack | None = None  # by the last rewind

    def before(self, turn: str, seen: Preview) -> BeforeRun:
        """Keep copies of what code would replace or change, as far as the user allows it."""
        return self._kept().before(turn, seen, self._host.settings.kernel_copies_mb)

    def plan(self, turns: Sequence[Turn]) -> tuple[list[str], list[str]]:
        """Return what a rewind to before these turns would do to variables.

        Returns
        -------
        list of str
            The names that get their earlier values back.
        list of str
            Lines about the names that stay as Claude's code left them.
        """
        if not any(turn.code for turn in turns):
            return [], []
        found = self._kept().preview([turn.id for turn in turns])
        codes = [
            dataclasses.replace(
                code, bound=tuple(one for one in code.bound if one.name not in found.names)
            )
            for turn in turns
            for code in turn.code
        ]
        stays = bound_text(codes)
        return found.names, [f"In the kernel these stay: {stays}"] if stays else []

    def give_back(self, turns: Sequence[Turn]) -> list[str]:
        """Give variables their values from before these turns; return their names."""
        if not any(turn.code for turn in turns):
            return []
        self._given = self._kept().give_back([turn.id for turn in turns])
        return self._given.names

    def undo(self) -> list[str]:
        """Undo the last `give_back`; return the names."""
        given, self._given = self._given, None
        return given.undo(self._namespace()) if given is not None else []

    def _kept(self) -> Copies:
        namespace = self._namespace()
        if self._copies is None or self._of is not namespace:
            self._copies, self._of = Copies(namespace), namespace
        return self._copies
