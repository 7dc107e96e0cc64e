"""`Parts`: the parts of a session. Only this module creates and connects them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import ClaudeSDKError, CLINotFoundError

from ._approvals import Approvals
from ._conversations.elsewhere import Elsewhere
from ._conversations.switcher import ConversationSwitcher
from ._core.conversation import Conversation
from ._core.history import History
from ._core.resume_target import ResumeTarget
from ._cost.budget import Budget
from ._cost.ledger import Ledger
from ._engine.answers import Answers
from ._engine.at_work import AtWork
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
from ._kernel.keep_alive import KeepAlive, activity_of
from ._kernel_tools.kernel_tools import KernelTools
from ._notebook.tools import NotebookTools
from ._policy.policy import load_policy
from ._policy.spending import Spending
from ._process.client import SharedClient
from ._process.whereabouts import Whereabouts
from ._process.workspace import Workspace
from ._replay.ahead import ReplayAhead
from ._replay.bridge import Bridge
from ._replay.replay import Replay
from ._signin.sign_in import SignIn
from ._trust.gate import Asker, Gate
from ._turns.errors import ClaudeError, show_as_one_line
from ._turns.interruptions import Interruptions
from ._turns.writer import TurnWriter

if TYPE_CHECKING:
    from ._batches.batches import Batches
    from ._conversations.transcripts import Conversation as Found
    from ._core.host import Host
    from ._engine.pieces import Piece
    from ._process.usable import Usable
    from ._replay.effects import Effects
    from ._rewind.checkpoints import Checkpoints
    from ._turns.turn import Turn


def _minutes() -> float | None:
    """Return how long the administrator lets a request wait, and a kernel be kept alive."""
    return load_policy().keep_alive_minutes


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
        self.keep_alive = KeepAlive(_minutes, activity_of(lambda: host.frontend.shell))
        self.approvals = Approvals(minutes=_minutes, keep_alive=self.keep_alive)
        self.spending = Spending(lambda: self.workspace.practicing)
        self.ledger = Ledger(spending=self.spending)
        self.budget = Budget(self.spending)
        self.whereabouts = Whereabouts()
        self.kernel_tools = KernelTools(host, self.conversation, lambda: self.workspace.cwd)
        self.attachable = Attachables(host, self.kernel_tools)
        self.attachments = Attachments(self.kernel_tools.mentions)
        self.notebook = NotebookTools(host, self.conversation, self.kernel_tools.outputs_of)
        AtWork(self.conversation, self.keep_alive)
        interruptions = Interruptions()
        conversation, ledger, budget = self.conversation, self.ledger, self.budget
        workspace = self.workspace = Workspace(host)
        client = self.client = SharedClient(conversation, self._refuse_to_spend)
        self.commands = SlashCommands(client, conversation)
        self.server_actions = ServerActions(client)
        self.tool_table = ToolTable(
            client, host, self.kernel_tools, self.notebook, self.server_actions
        )
        self.context_reader = ContextReader(client, conversation)
        gate = self.gate = Gate(host, workspace, client, self.approvals)
        switcher = self.switcher = ConversationSwitcher(conversation, host, workspace, ledger)
        self.replay = Replay(
            host,
            workspace,
            conversation,
            self.kernel_tools.users,
            switcher,
            lambda: self.effects,
            self.kernel_tools.marks,
        )
        elsewhere = self.elsewhere = Elsewhere(workspace, client, switcher.catch_up)
        health = self.health = Health(
            host, workspace, conversation, client, gate.files, elsewhere, self.spending
        )
        self.sign_in = SignIn(host, workspace, conversation, client, interruptions, self.begin_new)
        choices = self.choices = Choices(host, client, health)
        self.history = History(conversation, lambda: self.checkpoints)
        self.ahead = ReplayAhead(host, conversation, self.notebook.pages, self.replay.source)
        self.state = StateReader(
            host, workspace, conversation, client, ledger, budget, choices, self.ahead
        )
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
                lambda: self._ask_stale(writer),
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
            Bridge(self.conversation, self.workspace),
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
            lambda: self._check_asking("Starting Claude Code"),
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
            self.replay,
            self.begin_new,
        )
        self.queue = TurnQueue(
            self.conversation,
            self.maker,
            self.runner,
            self.observer,
            self.attachments,
            self.commands,
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

    @cached_property
    def effects(self) -> Effects:
        """The part that does again what recorded turns did. The first such turn makes it."""
        from ._replay.effects import Effects  # lazy: most sessions replay nothing
        from ._rewind.replayed_files import ReplayedFiles

        return Effects(
            self.host,
            self.kernel_tools,
            self.approvals,
            ReplayedFiles(),
            lambda: self.replay.texts,
        )

    @cached_property
    def batches(self) -> Batches:
        """The part that makes batches. The first batch makes it."""
        from ._batches.batches import Batches  # lazy: this import costs time

        return Batches(
            self.host,
            self.workspace,
            self.conversation,
            self.ledger,
            self.budget,
            self.runner.stop_button,
            self.runner.gui_loop,
            self.keep_alive,
            lambda: self._check_asking("A batch"),
        )

    @property
    def order(self) -> asyncio.Lock:
        """The lock that the running turn holds, and code that needs a pause between turns."""
        return self.runner.order

    def check_use(self) -> None:
        """Raise an error if this process or task cannot use the session."""
        self.usable.check(self.host.frontend.shell)

    def _check_asking(self, what: str) -> None:
        """Raise an error if the session cannot be used here, or nothing may be asked."""
        self.check_use()
        self.replay.source.refuse(what)

    def _refuse_to_spend(self) -> None:
        """Raise an error if the budget is spent, or nothing may be asked."""
        self.replay.source.refuse("This prompt")
        self.budget.refuse(self.ledger.cost_usd)

    async def connect(self, asker: Asker | None = None) -> None:
        """Make sure that the client is connected; see `Connection.connect`."""
        self.check_use()
        await self.connection.connect(asker)

    async def close(self) -> None:
        """End the Claude Code process, and stop the batches."""
        self.check_use()
        self.early_start.close()
        if "batches" in vars(self):
            self.batches.close()
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

    def _ask_stale(self, writer: TurnWriter) -> None:
        """Ask Claude the prompt of a turn whose recorded answer is stale."""
        try:
            self._refuse_to_spend()
            self.sign_in.check_program()
        except (ClaudeError, CLINotFoundError) as error:  # the old answer stays
            writer.notice("ask-again", str(error), "warning")
            writer.offer("again")
            return
        wanted, model = self.replay.ask_again(writer.turn)
        again = self.queue.submit(
            writer.turn.prompt,
            attached=self.attachments.again(writer.turn),
            model=model,
            wanted=wanted,
            typed=writer.typed,
        )
        self.replay.ask_really(again.id)
        writer.ask_again_as(again)

    # --- settings -----------------------------------------------------------------------------

    def setting_changed(self, change: Any) -> None:
        """Check a change of a setting and tell the views; None stands for all settings."""
        self.choices.check_setting(change)
        self.conversation.state_changed()
