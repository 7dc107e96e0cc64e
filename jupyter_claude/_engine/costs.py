"""The session's costs, as a table and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.conversation import Conversation
from .._cost.ledger import Entry, Ledger, Spent
from .._process.client import SharedClient
from .._turns.items import count, dollars

if TYPE_CHECKING:
    from .._cost.table import CostRow, CostTable

#: The name of the row for costs that belong to no known turn.
OUTSIDE = "outside these turns"
#: The name of the row for batches.
BATCHES = "batches (claude.map)"
#: The beginning of a row's note, and a line below the table.
_PRACTICE = "practice"
_NOT_SPENT = "The practice model costs nothing: its dollars are only an example."


def cost_table(
    ledger: Ledger, conversation: Conversation, client: SharedClient, note: str = ""
) -> CostTable:
    """Return the table of a session's costs, with lines below it."""
    from .._cost.table import CostRow, CostTable  # costs what loading should not

    rows = [_row(conversation, entry) for entry in ledger.entries]
    # A prompt without a sign-in asked no model, and left no turn.
    rows = [row for row in rows if row.turn is not None or row.spent != Spent()]
    if ledger.batches:
        rows.append(CostRow(None, BATCHES, dict(ledger.batches)))
    return CostTable(
        rows,
        subscription=client.subscription,
        limits=limits_text(client),
        notes=(note, _NOT_SPENT if any(row.note.startswith(_PRACTICE) for row in rows) else ""),
    )


def _row(conversation: Conversation, entry: Entry) -> CostRow:
    from .._cost.table import CostRow

    if not entry.turn:
        return CostRow(None, OUTSIDE, entry.models)
    turn = conversation.turn(entry.turn)
    here = turn is not None and turn in conversation.turns
    note = "" if here else "not in this conversation"
    if not entry.complete:
        note = "at least: Claude Code stopped in the turn"
    if turn is not None and turn.practice:
        note = ", ".join(filter(None, (_PRACTICE, note)))
    prompt = "(elsewhere)" if turn is None else turn.prompt or "(not asked)"
    return CostRow(turn.number if turn is not None and here else None, prompt, entry.models, note)


def limits_text(client: SharedClient) -> str:
    """Return the words for a subscription's limits; "" if they are not known."""
    from .._turns.notices import limit_text

    if not client.subscription or client.rate_limit is None:
        return ""
    return limit_text(client.rate_limit) or "Within the subscription's limits"


def cost_text(ledger: Ledger, client: SharedClient) -> str:
    """Return the session's cost in words: dollars, or tokens with a subscription."""
    if not client.subscription:
        return dollars(ledger.cost_usd)
    total = ledger.spent
    read = total.input + total.cache_write + total.cache_read
    return f"{count(read)} in ({count(total.cache_read)} cached) · {count(total.output)} out"
