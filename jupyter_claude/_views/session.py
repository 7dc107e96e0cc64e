"""`Session`: the parts of a session that views use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .._approvals import Approvals
from .._conversations.elsewhere import Elsewhere
from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.history import History
from .._core.host import Host
from .._engine.choices import Choices
from .._engine.context import ContextReader
from .._engine.early_start import EarlyStart
from .._engine.queue import TurnQueue
from .._engine.runner import Runner
from .._engine.server_actions import ServerActions
from .._engine.slash_commands import SlashCommands
from .._engine.state import SessionState
from .._engine.tool_table import ToolTable
from .._kernel_tools.kernel_tools import KernelTools
from .._notebook.tools import NotebookTools
from .._replay.ahead import ReplayAhead
from .._signin.sign_in import SignIn

if TYPE_CHECKING:
    from .._rewind.checkpoints import Checkpoints


class Session(Protocol):
    """The parts of a session that views read and call."""

    host: Host
    conversation: Conversation
    history: History
    approvals: Approvals
    choices: Choices
    elsewhere: Elsewhere
    commands: SlashCommands
    queue: TurnQueue
    runner: Runner
    sign_in: SignIn
    switcher: ConversationSwitcher
    early_start: EarlyStart
    notebook: NotebookTools
    kernel_tools: KernelTools
    tool_table: ToolTable
    server_actions: ServerActions
    context_reader: ContextReader
    ahead: ReplayAhead

    @property
    def checkpoints(self) -> Checkpoints:
        """The part that rewinds."""

    @property
    def state(self) -> Callable[[], SessionState]:
        """Return a function that returns the session's present state."""

    def check_use(self) -> None:
        """Raise an error if this process or task cannot use the session."""

    async def new(self) -> None:
        """Start a new conversation once the running turns have ended."""

    def go_on_with(self, conversation: str | None = None) -> None:
        """Make the next prompt continue a conversation. Default: the notebook's last one."""
