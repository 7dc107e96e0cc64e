"""`Clock`: limits the time to parse Markdown, since the kernel's loop stands still meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: Seconds of processor time; usual answers take hundredths.
SECONDS = 2.0
_STEPS = 50  # parser steps between two looks at the clock


class TooSlow(Exception):
    """A text takes too long to parse."""


class Clock:
    """Stops a Markdown parser that has taken too long.

    Parameters
    ----------
    parser : MarkdownIt
        Gets extra rules that match nothing and check the clock.
    """

    def __init__(self, parser: MarkdownIt) -> None:
        self._end = 0.0
        self._steps = 0
        block, inline = parser.block.ruler, parser.inline.ruler
        chains = ["paragraph", "reference", "blockquote", "list"]
        block.before(block.get_all_rules()[0], "clock", self._look, {"alt": chains})
        inline.before(inline.get_all_rules()[0], "clock", self._look)

    def start(self) -> None:
        """Start the clock."""
        # Processor time: so a busy machine does not change the result.
        self._end = time.thread_time() + SECONDS
        self._steps = 0

    def _look(self, *state: Any) -> bool:
        self._steps += 1
        if self._steps % _STEPS == 0 and time.thread_time() > self._end:
            raise TooSlow
        return False
