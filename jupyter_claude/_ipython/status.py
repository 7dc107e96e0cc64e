"""What ``%claude status`` tells of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._names import to_show
from .._settings import PRACTICE
from .._tables import Column, Report, Table
from .._text import one_line
from .._turns.items import dollars

if TYPE_CHECKING:
    from .._parts import Parts

_COLUMNS = (Column("what", "name"), Column("now", "long"))


def status_report(session: Parts) -> Report:
    """Return what is running, with which settings, and the known problems."""
    rows = list(_rows(session))
    (_, claude_code), *others = rows
    lines = [f"Claude Code: {claude_code}"]
    lines += [f"  {f'{name}:':<10} {text}" for name, text in others]
    return Report(Table("This session", _COLUMNS, rows), text="\n".join(lines))


def _rows(session: Parts) -> Iterator[tuple[str, str]]:
    from .._engine.context import context_text
    from .._engine.modes import label_of
    from .._policy.policy import load_policy
    from .._policy.rules import default_model
    from .._policy.words import limits

    info, state = session.client.server_info, session.state()
    starts = "not running (the next prompt starts it)"
    yield "Claude Code", starts if info is None else "running"
    if info is not None:
        yield "version", f"{info.get('claude_code_version', '?')}, process {info.get('pid')}"
    yield "folder", to_show(session.workspace.cwd)
    yield "model", state.model or default_model(load_policy()) or "default"
    yield "mode", f"{label_of(state.mode)} ({state.mode})"
    title = f" ({one_line(state.title)})" if state.title else ""
    yield "conversation", f"{state.session_id or 'none yet'}{title}"
    yield "turns", f"{len(session.history)}, {spent(session)}"
    if state.context is not None:
        yield "context", context_text(state.context)
    if state.limits:
        yield "limits", state.limits
    if session.workspace.practicing:
        yield "practice", PRACTICE
    for what, words in limits(load_policy(), session.spending.today):
        yield f"policy: {what}", words
    for problem in session.health.problems():
        yield "problem", problem.line


def spent(session: Parts) -> str:
    """Return the session's cost, with the budget if there is one."""
    budget = session.budget.session
    if budget is None:
        return session.state().cost
    return f"{dollars(session.ledger.cost_usd)} of a budget of {dollars(budget)}"
