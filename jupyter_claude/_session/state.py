"""What a session is doing now, as views show it: one snapshot, cheap to make."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from .._turns.items import count, dollars

if TYPE_CHECKING:
    from .session import KernelSession


class Choice(TypedDict):
    """One thing to choose: a model, a permission mode."""

    value: str
    label: str
    description: str


#: The permission modes, the usual ones first.
MODES: tuple[Choice, ...] = (
    Choice(value="default", label="Ask", description="Asks before it edits or runs something"),
    Choice(value="acceptEdits", label="Accept edits", description="Edits files without asking"),
    Choice(value="plan", label="Plan", description="Reads and plans, changes nothing"),
    Choice(value="dontAsk", label="Don't ask", description="Denies what no permission rule allows"),
    Choice(value="auto", label="Auto", description="A model decides what is safe to run"),
    Choice(
        value="bypassPermissions",
        label="Bypass permissions",
        description="Runs everything without asking",
    ),
)


class Context(TypedDict):
    """How full the model's context is."""

    tokens: int
    max: int
    percent: float


@dataclasses.dataclass(frozen=True)
class SessionState:
    """A session at one moment, from `KernelSession.state`.

    Attributes
    ----------
    status : {"idle", "working", "waiting"}
        "waiting" while a request waits for the user's answer.
    running : str or None
        The running turn's id.
    queued : int
        Prompts that wait for their turn.
    model, mode : str
        The settings; "" is Claude Code's own model.
    models, modes : tuple of Choice
        What can be chosen: the models that Claude Code names, once it has been started.
    context : Context or None
        How full the context was after the last turn.
    cost : str
        What was spent, in words: dollars, or tokens with a subscription.
    cost_usd : float
        The same in US dollars.
    budget_usd : float or None
        The session's limit.
    subscription : bool
        Whether the account pays no dollars for tokens.
    limits : str
        What is known of the subscription's limits.
    session_id : str or None
        The conversation.
    title : str
        Its title.
    folder : str
        Where Claude works.
    practice : bool
        Whether the practice model answers.
    version : str
        Claude Code's version, once it has been started.
    """

    status: Literal["idle", "working", "waiting"]
    running: str | None
    queued: int
    model: str
    models: tuple[Choice, ...]
    mode: str
    modes: tuple[Choice, ...]
    context: Context | None
    cost: str
    cost_usd: float
    budget_usd: float | None
    subscription: bool
    limits: str
    session_id: str | None
    title: str
    folder: str
    practice: bool
    version: str

    def view(self) -> dict[str, Any]:
        """Return it in the form that views take."""
        return dataclasses.asdict(self)


def state_of(session: KernelSession) -> SessionState:
    """Return what `session` is doing now."""
    running = session.running
    info = session.server_info or {}
    waits = running is not None and bool(running.requests)
    return SessionState(
        status="waiting" if waits else "working" if running is not None else "idle",
        running=running.id if running is not None else None,
        queued=session.queued,
        model=session.settings.model,
        models=_models(info, session.settings.model),
        mode=session.settings.permission_mode,
        modes=MODES,
        context=session.context,
        cost=_cost_text(session),
        cost_usd=session.cost_usd,
        budget_usd=session.budget_usd,
        subscription=session.subscription,
        limits=limits_text(session),
        session_id=session.session_id,
        title=session.title,
        folder=str(session.cwd),
        practice=session.practicing,
        version=str(info.get("claude_code_version") or ""),
    )


def has_subscription(account: dict[str, Any]) -> bool:
    """Whether an account, as the CLI names it, pays by a subscription."""
    if account.get("apiKeySource"):
        return False
    return bool(account.get("subscriptionType")) or "OAUTH" in str(account.get("tokenSource"))


def limits_text(session: KernelSession) -> str:
    """Return what is known of a subscription's limits; "" without one."""
    from .._turns.notices import limit_text

    if not session.subscription or session.rate_limit is None:
        return ""
    return limit_text(session.rate_limit) or "Within the subscription's limits"


def _cost_text(session: KernelSession) -> str:
    if not session.subscription:
        return dollars(session.cost_usd)
    total = session.ledger.spent
    read = total.input + total.cache_write + total.cache_read
    return f"{count(read)} in ({count(total.cache_read)} cached) · {count(total.output)} out"


def _models(info: dict[str, Any], chosen: str) -> tuple[Choice, ...]:
    """Return the models that the CLI names, and the chosen one if it is none of them."""
    models = [
        Choice(
            # The setting for Claude Code's own choice is the empty one.
            value="" if model.get("value") == "default" else str(model.get("value") or ""),
            label=str(model.get("displayName") or model.get("value") or ""),
            description=str(model.get("description") or ""),
        )
        for model in info.get("models") or []
        if isinstance(model, dict)
    ]
    if not any(model["value"] == "" for model in models):
        models.insert(0, Choice(value="", label="Default", description="Claude Code's own choice"))
    if not any(model["value"] == chosen for model in models):
        models.append(Choice(value=chosen, label=chosen, description=""))
    return tuple(models)


def context_of(answer: dict[str, Any]) -> Context | None:
    """Return what the CLI's answer to get_context_usage says of the context."""
    tokens, most = answer.get("totalTokens"), answer.get("maxTokens")
    if not isinstance(tokens, int) or not isinstance(most, int) or most <= 0:
        return None
    return Context(tokens=tokens, max=most, percent=round(100 * tokens / most, 1))


def context_text(context: Context) -> str:
    """Say how full the context is."""
    return (
        f"{count(context['tokens'])} of {count(context['max'])} tokens ({context['percent']:g} %)"
    )
