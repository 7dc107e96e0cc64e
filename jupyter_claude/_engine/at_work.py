"""`AtWork`: keeps the kernel alive while turns run, and tasks in the background."""

from __future__ import annotations

from .._core.conversation import Conversation
from .._core.events import ConversationChange, StateChanged
from .._kernel.keep_alive import KeepAlive


class AtWork:
    """Tells `KeepAlive` when a turn or a task begins and ends.

    What Claude begins by itself, such as after a background task, is no sign of the user.

    Parameters
    ----------
    conversation : Conversation
        Has the turns and the tasks.
    keep_alive : KeepAlive
        Keeps the kernel alive.
    """

    def __init__(self, conversation: Conversation, keep_alive: KeepAlive) -> None:
        self._conversation = conversation
        self._keep_alive = keep_alive
        self._known: frozenset[str] = frozenset()
        conversation.follow(self._changed)

    def _changed(self, change: ConversationChange) -> None:
        if not isinstance(change, StateChanged):
            return
        now = self._conversation.at_work
        for id in now.keys() - self._known:
            self._keep_alive.begin(id, anew=now[id])
        for id in self._known - now.keys():
            self._keep_alive.end(id)
        self._known = frozenset(now)
