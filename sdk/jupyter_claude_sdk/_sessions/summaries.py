"""The summaries of sessions that stores keep, updated with each new entry.

Source: the documented session storage of the Agent SDK.
"""

from __future__ import annotations

import re
from typing import Any

from .._types.stores import SessionKey, SessionStoreEntry, SessionSummaryEntry
from .entries import between
from .timestamps import milliseconds

__all__ = ["fold_session_summary"]

#: Fields of entries that a summary keeps, and their names there. The last entry's value counts.
_LATEST = (
    ("customTitle", "custom_title"),
    ("aiTitle", "ai_title"),
    ("lastPrompt", "last_prompt"),
    ("summary", "summary_hint"),
    ("gitBranch", "git_branch"),
)
_FIRST_PROMPT_LENGTH = 200
#: Texts in a user's message that the user did not write.
_NOT_A_PROMPT = re.compile(
    r"<(local-command-stdout|session-start-hook|tick|goal|ide_opened_file|ide_selection)>"
    r"|<notebook-data |<answer-form>"
    r"|\[Request interrupted by user[^\]]*\]\s*$"
)


def fold_session_summary(
    prev: SessionSummaryEntry | None, key: SessionKey, entries: list[SessionStoreEntry]
) -> SessionSummaryEntry:
    """Return a session's summary, updated with entries that were appended.

    A store that keeps such summaries can list sessions without loading their transcripts.

    Parameters
    ----------
    prev : dict or None
        The summary so far. The function does not change it.
    key : dict
        The transcript's key. Do not fold a subagent's entries into its session's summary.
    entries : list of dict
        The appended entries.

    Returns
    -------
    dict
        The new summary. Its ``mtime`` is that of `prev`, or 0: put the store's own time there.
    """
    data: dict[str, Any] = dict(prev["data"]) if prev is not None else {}
    for entry in entries:
        _fold(data, dict(entry))
    mtime = prev["mtime"] if prev is not None else 0
    return {"session_id": key["session_id"], "mtime": mtime, "data": data}


def _fold(data: dict[str, Any], entry: dict[str, Any]) -> None:
    data.setdefault("is_sidechain", entry.get("isSidechain") is True)
    if "created_at" not in data:
        created = milliseconds(entry.get("timestamp"))
        if created is not None:
            data["created_at"] = created
    if "cwd" not in data and isinstance(entry.get("cwd"), str) and entry["cwd"]:
        data["cwd"] = entry["cwd"]
    for name, kept in _LATEST:
        if isinstance(entry.get(name), str):
            data[kept] = entry[name]
    if entry.get("type") == "tag":
        tag = entry.get("tag")
        if isinstance(tag, str) and tag:
            data["tag"] = tag
        else:
            data.pop("tag", None)
    if not data.get("first_prompt_locked"):
        _fold_prompt(data, entry)


def _fold_prompt(data: dict[str, Any], entry: dict[str, Any]) -> None:
    if entry.get("type") != "user" or entry.get("isMeta") or entry.get("isCompactSummary"):
        return
    for text in _texts(entry.get("message")):
        command = between(text, "command-name")
        if command is not None:
            data.setdefault("command_fallback", command.strip())
        elif text and not _NOT_A_PROMPT.match(text):
            if len(text) > _FIRST_PROMPT_LENGTH:
                text = text[:_FIRST_PROMPT_LENGTH].rstrip() + "…"
            data["first_prompt"] = text
            data["first_prompt_locked"] = True
            return


def _texts(message: object) -> list[str]:
    content = message.get("content") if isinstance(message, dict) else None
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list):
        return []
    if any(isinstance(block, dict) and block.get("type") == "tool_result" for block in blocks):
        return []
    return [
        block["text"].replace("\n", " ").strip()
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    ]
