"""The words of notices about limits, compaction and session stores."""

from __future__ import annotations

import time
from typing import Any

from jupyter_claude_sdk import RateLimitInfo

from .items import count

_LIMITS = {
    "five_hour": "5-hour limit",
    "seven_day": "weekly limit",
    "seven_day_opus": "weekly limit for Opus",
    "seven_day_sonnet": "weekly limit for Sonnet",
    "overage": "limit for extra use",
}


def compaction_text(data: dict[str, Any]) -> str:
    """Return the words for a ``compact_boundary`` message of the CLI."""
    details = data.get("compact_metadata")
    details = details if isinstance(details, dict) else {}
    text = "The conversation was compacted"
    if details.get("trigger") == "auto":
        text += " because the context was nearly full"
    before, after = details.get("pre_tokens"), details.get("post_tokens")
    if isinstance(before, int):
        text += f": {count(before)} tokens before"
        if isinstance(after, int):
            text += f", {count(after)} after"
    return text


def limit_text(info: RateLimitInfo) -> str:
    """Return the words for a subscription's limit; "" while plenty is left."""
    if info.status == "allowed":
        return ""
    limit = _LIMITS.get(info.rate_limit_type or "", "rate limit")
    if info.status == "rejected":
        text = f"The {limit} is reached"
    elif info.utilization is not None:
        text = f"{info.utilization:.0%} of the {limit} is used"
    else:
        text = f"The {limit} is nearly reached"
    return f"{text}; it resets {_when(info.resets_at)}" if info.resets_at else text


def store_text(error: str) -> str:
    """Return the words for a session store that did not take a part of the conversation."""
    return (
        f"The newest messages are not in the session store yet: {error.rstrip('.')}. Nothing is "
        "lost: they are on this machine, and the store gets them later."
    )


def _when(seconds: int) -> str:
    moment = time.localtime(seconds)
    if moment[:3] == time.localtime()[:3]:
        return time.strftime("at %H:%M", moment)
    return time.strftime("on %Y-%m-%d at %H:%M", moment)
