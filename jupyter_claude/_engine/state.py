"""`SessionState`: a snapshot of the session for views. It is cheap to make."""

from __future__ import annotations

import dataclasses
from typing import Literal

from .._core.conversation import Context, Conversation, WayBack
from .._core.host import Host
from .._core.tasks import RunningTask
from .._cost.budget import Budget
from .._cost.ledger import Ledger
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._replay.ahead import ReplayAhead, ReplayState
from .choices import Choices
from .costs import cost_text, limits_text
from .modes import Choice, offered

Status = Literal["idle", "working", "waiting"]


@dataclasses.dataclass(frozen=True)
class SessionState:
    """A session at one moment.

    Attributes
    ----------
    status : {"idle", "working", "waiting"}
        "waiting" while a request waits for the user's answer.
    queued : int
        How many prompts wait for their turn.
    model, mode : str
        The settings. A model "" leaves the choice to Claude Code.
    kernel : {"off", "ask", "look"}
        The setting: whether Claude may look into the kernel.
    models, modes : tuple of Choice
        The choices here. Claude Code lists its models once it has started.
    context : Context or None
        How full the context was after the last turn.
    cost : str
        The costs in words: dollars, or tokens with a subscription.
    cost_usd : float
        The costs in US dollars.
    budget_usd : float or None
        The session's limit.
    subscription : bool
        Whether a subscription pays for the tokens.
    limits : str
        The subscription's limits in words, if they are known.
    session_id : str or None
        The conversation's id.
    title : str
        Its title, or else its first prompt, as plain words; "" before the first prompt.
    copy_of : str
        The name of the conversation that the next prompt copies first; "" without a copy.
    practice : bool
        Whether the practice model answers.
    version : str
        Claude Code's version; "" before its first start.
    tasks : tuple of RunningTask
        The subagents and background commands that run, of all turns.
    taken_back : dict of str
        What views say of turns that left the conversation, by id; "" for a turn that came back.
    ways_back : dict
        How the turns that left can come back, by id.
    replay : ReplayState or None
        What a run of the notebook would replay and ask; None without a recording.
    """

    status: Status
    queued: int
    model: str
    models: tuple[Choice, ...]
    mode: str
    modes: tuple[Choice, ...]
    kernel: str
    context: Context | None
    cost: str
    cost_usd: float
    budget_usd: float | None
    subscription: bool
    limits: str
    session_id: str | None
    title: str
    copy_of: str
    practice: bool
    version: str
    tasks: tuple[RunningTask, ...]
    taken_back: dict[str, str]
    ways_back: dict[str, WayBack]
    replay: ReplayState | None


class StateReader:
    """Makes snapshots of a session.

    Parameters
    ----------
    host, workspace, conversation, client, ledger, budget, choices, ahead
        The parts that it reads.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        ledger: Ledger,
        budget: Budget,
        choices: Choices,
        ahead: ReplayAhead,
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._ledger = ledger
        self._budget = budget
        self._choices = choices
        self._ahead = ahead

    def __call__(self) -> SessionState:
        """Return the session's present state."""
        conversation, client, settings = self._conversation, self._client, self._host.settings
        running = None if conversation.running is None else conversation.running.turn
        waits = running is not None and bool(running.requests)
        return SessionState(
            status="waiting" if waits else "working" if running is not None else "idle",
            queued=conversation.queued,
            model=settings.model,
            # The models stay known while the process restarts, such as after a rewind.
            models=self._choices.offered_models(),
            mode=settings.permission_mode,
            modes=offered(settings.permission_mode, settings.env),
            kernel=settings.kernel,
            context=conversation.context,
            cost=cost_text(self._ledger, client),
            cost_usd=self._ledger.cost_usd,
            budget_usd=self._budget.session,
            subscription=client.subscription,
            limits=limits_text(client),
            session_id=conversation.session_id,
            title=conversation.called,
            copy_of=conversation.copy_of,
            practice=self._workspace.practicing,
            version=str(client.last_info.get("claude_code_version") or ""),
            tasks=conversation.tasks,
            taken_back=conversation.taken_back,
            ways_back=conversation.ways_back,
            replay=self._ahead.state,
        )
