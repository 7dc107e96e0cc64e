"""What views use of a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .._approvals import Approvals
from .._core.conversation import Conversation
from .._core.history import History
from .._core.host import Host
from .._engine.choices import Choices
from .._engine.queue import TurnQueue
from .._engine.runner import Runner
from .._engine.state import SessionState
from .._signin.sign_in import SignIn

if TYPE_CHECKING:
    from .._rewind.checkpoints import Checkpoints


class Session(Protocol):
    """The parts that views read and call."""

    host: Host
    conversation: Conversation
    history: History
    approvals: Approvals
    choices: Choices
    queue: TurnQueue
    runner: Runner
    sign_in: SignIn

    @property
    def checkpoints(self) -> Checkpoints:
        """What rewinds."""

    @property
    def state(self) -> Callable[[], SessionState]:
        """Returns what the session is doing now."""

    def check_use(self) -> None:
        """Refuse where the session cannot be used."""

    async def new(self) -> None:
        """Begin a new conversation, once the turns before are done."""

    def go_on_with(self) -> None:
        """Have the next prompt go on with the notebook's last conversation."""
