"""The wait for the API's next try: how long, and what the user can do meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypedDict

from .items import Notice

_CLOCK = 60.0  # seconds; for a longer wait the notice also gives the time of day
_REASONS = {429: "Rate limit reached (429)", 529: "The API is overloaded (529)"}
#: With these statuses another model may answer at once, because it has other limits and servers.
_OF_A_MODEL = (429, 529)


class OtherModel(TypedDict):
    """A model that the user could ask instead."""

    value: str
    label: str


class TurnActions(Protocol):
    """What a view of a turn may ask of the turn's session."""

    def models(self) -> list[OtherModel]:
        """Return the models that the user could ask instead."""

    def stop(self) -> None:
        """Stop the turn."""

    def ask_another(self, model: str) -> None:
        """Ask the model of this ``value`` instead."""

    def stop_task(self, call: str) -> None:
        """Stop a call that is a subagent or a command in the background."""

    def again(self) -> None:
        """Send the prompt again, after the turn failed."""

    def compact(self) -> None:
        """Compact the conversation, after the turn failed because it was too long."""

    def sign_in(self) -> None:
        """Show how to sign in, after the turn failed without a sign-in."""


@dataclass
class RetryNotice(Notice):
    """The API refused to answer, and Claude Code will ask again.

    Attributes
    ----------
    until : float
        When, on the monotonic clock.
    before, after : str
        The words before and after the time that is left.
    models : sequence of OtherModel
        The models that the user could ask instead.
    """

    until: float = 0.0
    before: str = ""
    after: str = ""
    models: Sequence[OtherModel] = ()

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self.until - monotonic())

    def line(self) -> str:
        """Return the notice with the time that is left now."""
        return f"{self.before} {left_text(self.left)}{self.after}"


def retry_notice(id: str, data: dict[str, Any], actions: TurnActions | None) -> RetryNotice:
    """Return the notice for an ``api_retry`` message of the CLI.

    Parameters
    ----------
    id : str
        The notice's id.
    data : dict
        The CLI's message.
    actions : TurnActions or None
        Knows the other models.
    """
    seconds = (data.get("retry_delay_ms") or 0) / 1000
    before = f"{_reason(data)}; trying again"
    after = f" (attempt {data.get('attempt')} of {data.get('max_retries')})"
    others = actions is not None and data.get("error_status") in _OF_A_MODEL
    return RetryNotice(
        id,
        f"{before} {left_text(seconds)}{after}",
        "warning",
        until=monotonic() + seconds,
        before=before,
        after=after,
        models=actions.models() if actions is not None and others else (),
    )


def left_text(seconds: float) -> str:
    """Return when something happens: "now", "in 12 s", "at 14:05, in 6 min 3 s"."""
    whole = math.ceil(seconds)
    if whole <= 0:
        return "now"
    if whole < _CLOCK:
        return f"in {whole} s"
    at = time.strftime("%H:%M", time.localtime(time.time() + seconds))
    return f"at {at}, in {whole // 60} min {whole % 60} s"


def retried_text(data: dict[str, Any], *, answered: bool) -> str:
    """Return the words for a retry that is over.

    Parameters
    ----------
    data : dict
        The CLI's last message about the retry.
    answered : bool
        Whether the API answered in the end.
    """
    attempt = data.get("attempt") or 1
    again = "once more" if attempt == 1 else f"{attempt} more times"
    end = f"asked {again}, it answered" if answered else "the turn ended before it answered"
    return f"{_reason(data)}; {end}"


def _reason(data: dict[str, Any]) -> str:
    known = _REASONS.get(data.get("error_status") or 0)
    if known is not None:
        return known
    reason = " ".join(str(data[key]) for key in ("error_status", "error") if data.get(key))
    return f"The API answered {reason or 'with an error'}"
