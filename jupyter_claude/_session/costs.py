"""What a session has spent, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._cost.ledger import Entry
from .._cost.table import CostRow, CostTable
from .state import limits_text

if TYPE_CHECKING:
    from .session import KernelSession


#: What the row is called that belongs to no turn known here.
OUTSIDE = "outside of these turns"


def cost_of(session: KernelSession) -> CostTable:
    """Return what a session has spent."""
    return CostTable(
        [_row(session, entry) for entry in session.ledger.entries],
        subscription=session.subscription,
        limits=limits_text(session),
    )


def _row(session: KernelSession, entry: Entry) -> CostRow:
    if not entry.turn:
        return CostRow(None, OUTSIDE, entry.models)
    turn = session.turn_of(entry.turn)
    here = turn is not None and turn in session.history
    note = "" if here else "no longer in the history"
    if not entry.complete:
        note = "lost on the way: at least"
    prompt = "(elsewhere)" if turn is None else turn.prompt or "(not asked)"
    return CostRow(turn.number if turn is not None and here else None, prompt, entry.models, note)
