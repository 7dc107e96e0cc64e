"""`Parts`: the parts of a session. Only this module creates and connects them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import ClaudeSDKError

from ._approvals import Approvals
from ._conversations.elsewhere import Elsewhere
from ._conversations.switcher import ConversationSwitcher
from ._core.conversation import Conversation
from ._core.history import History
from ._core.resume_target import ResumeTarget
from ._cost.budget import Budget
from ._cost.ledger import Ledger
from ._engine.answers import Answers
from ._engine.attachable import Attachables
from ._engine.attachments import Attachments
from ._engine.choices import Choices
from ._engine.connection import Connection
from ._engine.context import ContextReader
from ._engine.early_start import EarlyStart
from ._engine.edits import Edits
from ._engine.observer import Observer
from ._engine.options import SessionOptions
from ._engine.own_tools import OwnTools
from ._engine.permissions import Permissions
from ._engine.queue import TurnQueue
from ._engine.runner import Runner
from ._engine.server_actions import ServerActions
from ._engine.slash_commands import SlashCommands
from ._engine.state import StateReader
from ._engine.tool_table import ToolTable
from ._engine.turn_actions import RunningTurnActions
from ._engine.turn_maker import TurnMaker
from ._health.health import Health
from ._kernel_tools.kernel_tools import KernelTools
from ._notebook.tools import NotebookTools
from ._process.client import SharedClient
from ._process.whereabouts import Whereabouts
from ._process.workspace import Workspace
from ._signin.sign_in import SignIn
from ._trust.gate import Asker, Gate
from ._turns.errors import ClaudeError, show_as_one_line
from ._turns.interruptions import Interruptions
from ._turns.writer import TurnWriter

if TYPE_CHECKING:
    from ._conversations.transcripts import Conversation as Found
    from ._core.host import Host
    from ._engine.pieces import Piece
    from ._process.usable import Usable
    from ._rewind.checkpoints import Checkpoints
    from ._turns.turn import Turn


class Parts:
    """The parts of a session. They start nothing until their first use.

    Parameters
    ----------
    host : Host
        The settings and the front end.
    usable : Usable
        Remembers which process uses the session.
    """

    def __init__(self, host: Host, usable: Usable) -> None:
        self.host = host
        self.usable = usable
        self.conversation = Conversation()
        self.approvals = Approvals()
        self.ledger = Ledger()
        self.budget = Budget()
        self.whereabouts = Whereabouts()
        self.kernel_tools = KernelTools(host, self.conversation, lambda: self.workspace.cwd)
        self.attachable = Attachables(host, self.kernel_tools)
        self.attachments = Attachments(self.kernel_tools.mentions)
        self.notebook = NotebookTools(host, self.conversation, self.kernel_tools.outputs_of)
        interruptions = Interruptions()
        conversation, ledger, budget = self.conversation, self.ledger, self.budget
        workspace = self.workspace = Workspace(host)
        client = self.client = SharedClient(conversation, lambda: budget.refuse(ledger.cost_usd))
        self.commands = SlashCommands(client, conversation)
        self.server_actions = ServerActions(client)
        self.tool_table = ToolTable(
            client, host, self.kernel_tools, self.notebook, self.server_actions
        )
        self.context_reader = ContextReader(client, conversation)
        gate = self.gate = Gate(host, workspace, client, self.approvals)
        switcher = self.switcher = ConversationSwitcher(conversation, host, workspace, ledger)
        elsewhere = self.elsewhere = Elsewhere(workspace, client, switcher.catch_up)
        health = self.health = Health(host, workspace, conversation, client, gate.files, elsewhere)
        self.sign_in = SignIn(host, workspace, conversation, client, interruptions, self.begin_new)
        choices = self.choices = Choices(host, client, health)
        self.history = History(conversation, lambda: self.checkpoints)
        self.state = StateReader(host, workspace, conversation, client, ledger, budget, choices)
        self._create_observer(interruptions)
        self._create_runner(interruptions)

    def _create_observer(self, interruptions: Interruptions) -> None:
        """Create what begins turns, and what writes Claude Code's messages into them."""
        self.maker = TurnMaker(
            self.host,
            self.workspace,
            self.conversation,
            self.usable,
            self.sign_in,
            watch=lambda turn: self.checkpoints.watch(turn),
            actions=lambda writer: RunningTurnActions(
                writer,
                self.conversation,
                self.choices,
                self.runner,
                interruptions,
                lambda prompt: self._submit_again(writer, prompt),
                self.client,
                self.sign_in,
            ),
        )
        self.observer = Observer(
            self.host,
            self.workspace,
            self.conversation,
            self.client,
            self.approvals,
            self.ledger,
            self.budget,
            self.gate,
            self.health,
            self.elsewhere,
            self.sign_in,
            self.switcher,
            interruptions,
            self.maker.begin_turn,
        )
        self.client.add_observer(self.observer)

    def _create_runner(self, interruptions: Interruptions) -> None:
        """Create what starts Claude Code, and what runs turns in it."""
        answers = Answers(self.conversation, interruptions)
        own_tools, edits = OwnTools(self.kernel_tools, self.notebook, answers), Edits()
        permissions = Permissions(
            self.host,
            self.workspace,
            self.conversation,
            self.client,
            self.approvals,
            self.gate,
            self.whereabouts,
            own_tools,
            self.observer,
            edits,
        )
        self.connection = Connection(
            self.host,
            self.workspace,
            self.conversation,
            self.client,
            self.gate,
            self.health,
            self.elsewhere,
            self.switcher,
            self.observer,
            SessionOptions(
                self.host,
                self.workspace,
                self.gate,
                self.whereabouts,
                own_tools,
                edits,
                permissions.may_use_tool,
            ),
        )
        self.client.use(
            lambda: self.connect(self.gate.in_cell), self.connect, self.connection.note_setting
        )
        self.observer.on_mode = self.connection.note_mode
        self.early_start = EarlyStart(
            self.host,
            self.workspace,
            self.conversation,
            self.client,
            self.connection,
            self.gate,
            self.elsewhere,
            self.switcher,
            self.check_use,
            self._prepare,
        )
        self.runner = Runner(
            self.host,
            self.client,
            self.connection,
            self.budget,
            self.ledger,
            self.choices,
            self.gate,
            self.health,
            self.kernel_tools,
            self.attachments,
            answers,
            self.commands,
            self.sign_in,
            interruptions,
            self.begin_new,
        )
        self.queue = TurnQueue(
            self.conversation, self.maker, self.runner, self.observer, self.attachments
        )

    def _prepare(self) -> None:
        """Do what the first turn needs and what takes time."""
        self.host.frontend.prepare()
        _ = self.checkpoints

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """The part that rewinds. The first turn makes it."""
        from ._rewind.checkpoints import Checkpoints  # lazy: this import costs time
        from ._rewind.notebook_cells import RewoundCells

        return Checkpoints(
            self.conversation,
            self.workspace,
            self.client,
            self.connection,
            self.switcher,
            self.ledger,
            self.order,
            self.kernel_tools.variables,
            RewoundCells(self.notebook.cells, self.notebook.journal),
            self.observer.ask_context,
        )

    @property
    def order(self) -> asyncio.Lock:
        """The lock that the running turn holds, and code that needs a pause between turns."""
        return self.runner.order

    def check_use(self) -> None:
        """Raise an error if this process or task cannot use the session."""
        self.usable.check(self.host.frontend.shell)

    async def connect(self, asker: Asker | None = None) -> None:
        """Make sure that the client is connected; see `Connection.connect`."""
        self.check_use()
        await self.connection.connect(asker)

    async def close(self) -> None:
        """End the Claude Code process."""
        self.check_use()
        self.early_start.close()
        await self.connection.close()

    # --- conversations ------------------------------------------------------------------------

    async def new(self) -> None:
        """Start a new conversation once the running turns have ended."""
        await self.go_to(lambda: ResumeTarget(None))

    async def go_to(self, point: Callable[[], ResumeTarget]) -> None:
        """Switch to another conversation once the running turns have ended."""
        self.check_use()
        async with self.order:
            try:
                await self.connection.go_to(point)
            except (ClaudeError, ClaudeSDKError) as error:
                raise show_as_one_line(error) from None

    def begin_new(self) -> None:
        """Make the next prompt start a new conversation, for code that cannot await `new`."""
        self.switcher.plan(ResumeTarget(None))

    def go_on_with(self, conversation: str | Found | None = None) -> None:
        """Make the next prompt continue an earlier conversation, as `Claude.resume` does."""
        self.switcher.plan(self.switcher.point(conversation))

    # --- turns --------------------------------------------------------------------------------

    def begin_turn(self, prompt: str, attached: Sequence[Piece] = ()) -> TurnWriter:
        """Add a turn to the conversation; `Runner.run` runs it."""
        writer = self.maker.begin_turn(prompt)
        self.attachments.give(writer, attached)
        return writer

    def _submit_again(self, writer: TurnWriter, prompt: str) -> Turn:
        """Queue a prompt again, with what belonged to the first one."""
        same = prompt == writer.turn.prompt
        return self.queue.submit(prompt, attached=self.attachments.given(writer) if same else ())

    # --- settings -----------------------------------------------------------------------------

    def setting_changed(self, change: Any) -> None:
        """Check a change of a setting and tell the views; None stands for all settings."""
        self.choices.check_mode(change)
        self.conversation.state_changed()
