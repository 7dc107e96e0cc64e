"""Turns of a transcript: what a resumed conversation had, as if it had been asked here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_claude_sdk._cli_files import read_json
from jupyter_claude_sdk._parsing import parse_message
from jupyter_claude_sdk._sessions import _linked_lines
from jupyter_claude_sdk._transcripts import (
    _COMMAND,
    _NOT_A_PROMPT,
    Entry,
    _chain,
    _texts,
    parse_entries,
)

from .._approvals import NOBODY
from .._cost.ledger import Ledger
from .._errors import APIError, TurnFailed, TurnInterrupted, api_error_message, one_line
from .._turns.items import Todo
from .._turns.outcome import INTERRUPTED, lost, state_after
from .._turns.turn import Turn

_INTERRUPTED = "[Request interrupted by user"
_BACKGROUND = re.compile(r"\s*<task-notification")
#: What marks entries in the user's name that the CLI wrote for itself.
_NOBODY_SAID = ("isMeta", "isCompactSummary")
#: How the CLI notes that the model was changed between two turns; nobody asked it anything.
_NOTE = re.compile(r"\s*(<command-name>/model<|<local-command-stdout>)")


def turns_of(path: Path, *, folder: Path, practice: bool, ledger: Ledger) -> list[Turn]:
    """Return the turns of a transcript, numbered from 1.

    Parameters
    ----------
    path : Path
        The transcript.
    folder : Path
        Where Claude worked.
    practice : bool
        Whether the practice model answered.
    ledger : Ledger
        What is known of their cost; what is not stays unknown.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as lines:
        entries = list(parse_entries(_linked_lines(lines)))
    subagents = _Subagents(path)
    turns: list[Turn] = []
    todos: dict[str, Todo] = {}
    replayed: _Replayed | None = None
    for entry in _whole(entries):
        prompt = _prompt(entry)
        if prompt == "":
            _tell_end_of_task(turns, entry)
        if prompt is not None:
            if replayed is not None:
                replayed.end()
            number = len(turns) + 1
            turn = Turn(
                number, entry["uuid"], prompt, folder=folder, practice=practice, todos=todos
            )
            turns.append(turn)
            replayed = _Replayed(turn, entry, subagents)
        elif replayed is not None:
            replayed.take(entry)
    if replayed is not None:
        replayed.end()
    for turn in turns:
        turn.lose_background()  # with the process that wrote the transcript
        known = ledger.of(turn.id)
        if known is None and not turn.prompt:
            known = ledger.of_message(_uuids(turn))
            turn.id = known.turn if known is not None else turn.id
        if known is not None:
            turn.cost_usd = known.spent.cost_usd
            turn.usage = dict(known.spent.usage())
            turn.charged = True
    return turns


def _uuids(turn: Turn) -> list[str]:
    return [str(getattr(message, "uuid", "")) for message in turn.messages]


def prompts_of(path: Path) -> list[str]:
    """Return the prompts of a transcript, oldest first.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as lines:
        found = [_prompt(entry) for entry in _whole(list(parse_entries(_linked_lines(lines))))]
    return [prompt for prompt in found if prompt]


def is_taken_back(path: Path) -> bool:
    """Say whether a conversation was rewound to before its first prompt, and nothing asked since.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as lines:
        entries = list(parse_entries(_linked_lines(lines)))
    asked = any(entry.get("type") == "user" and _prompt(entry) for entry in entries)
    return asked and not _chain(entries, False)


def _whole(entries: list[Entry]) -> Iterator[Entry]:
    """Yield the conversation with what compaction replaced: the user has seen it."""
    chain = _chain(entries, False)
    root = chain[0] if chain else {}
    seen: set[str] = set()
    if root.get("subtype") == "compact_boundary":
        at = next(number for number, entry in enumerate(entries) if entry is root)
        for entry in _whole(entries[:at]):
            seen.add(entry["uuid"])
            yield entry
    for entry in chain:
        if entry["uuid"] not in seen and entry.get("isSidechain") is not True:
            yield entry


def _prompt(entry: Entry) -> str | None:
    """Return the text of an entry that began a turn: "" for what Claude did unasked; else None."""
    if entry["type"] != "user" or any(entry.get(name) is True for name in _NOBODY_SAID):
        return None
    texts = [text for text in _texts(entry) if text.strip()]
    if not texts:
        return None
    command = _COMMAND.search(texts[0])
    if command:
        if command[1].strip() == "/model":  # see _NOTE
            return None
        arguments = re.search(r"<command-args>(.*?)</command-args>", texts[0], re.DOTALL)
        return f"{command[1].strip()} {arguments[1].strip() if arguments else ''}".strip()
    if _BACKGROUND.match(texts[0]):
        return ""
    texts = [text for text in texts if not _NOT_A_PROMPT.match(text.lstrip())]
    return "\n".join(texts) if texts else None


def _tell_end_of_task(turns: list[Turn], entry: Entry) -> None:
    """Tell the turn that began a background task how it ended."""
    text = "\n".join(_texts(entry))

    def told(name: str) -> str:
        found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        return found[1] if found else ""

    def number(name: str) -> int:
        return int(told(name)) if told(name).isdecimal() else 0

    message = parse_message(
        {
            "type": "system",
            "subtype": "task_notification",
            "task_id": told("task-id"),
            "tool_use_id": told("tool-use-id"),
            "status": told("status"),
            "output_file": told("output-file"),
            "summary": told("result") or told("summary"),
            "usage": {
                "total_tokens": number("subagent_tokens"),
                "tool_uses": number("tool_uses"),
                "duration_ms": number("duration_ms"),
            },
            "uuid": entry["uuid"],
            "session_id": entry.get("sessionId", ""),
        }
    )
    for turn in reversed(turns):
        if turn.owns(message):
            turn.apply(message)
            return


class _Replayed:
    """A turn that is being read."""

    def __init__(self, turn: Turn, entry: Entry, subagents: _Subagents) -> None:
        self._turn = turn
        self._subagents = subagents
        self._error: Exception | None = None
        self._began = self._last = _time(entry)
        self._answered = False
        turn.state = "running"
        if self._began is not None:
            turn.time = self._began

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        if any(entry.get(name) is True for name in _NOBODY_SAID):
            return
        if entry["type"] == "user" and any(_NOTE.match(text) for text in _texts(entry)):
            return
        self._last = _time(entry) or self._last
        kind = entry["type"]
        if kind == "user":
            self._take_user(entry)
        elif kind == "assistant":
            self._take_assistant(entry)
        elif entry.get("subtype") == "compact_boundary":
            self._turn.apply(parse_message({**entry, "session_id": entry.get("sessionId", "")}))

    def _take_user(self, entry: Entry) -> None:
        if any(text.startswith(_INTERRUPTED) for text in _texts(entry)):
            self._error = TurnInterrupted(INTERRUPTED)
        self._answered = False
        self._apply_results(entry)

    def _apply_results(self, entry: Entry, parent: str | None = None) -> None:
        ids = [
            block.get("tool_use_id")
            for block in entry.get("message", {}).get("content") or []
            if isinstance(block, dict) and block.get("type") == "tool_result"
        ]
        meta = {
            "permission_decision": entry.get("permissionDecision"),
            "non_execution_kind": entry.get("toolDenialKind"),
        }
        self._apply(
            entry,
            parent,
            tool_use_result=entry.get("toolUseResult"),
            tool_result_meta=[{"id": id, **meta} for id in ids],
        )

    def _take_assistant(self, entry: Entry) -> None:
        failed = entry.get("isApiErrorMessage")
        if failed is False:
            # Written by a CLI that found the turn unanswered when it resumed.
            return
        self._answered = True
        if failed is True:
            status = entry.get("apiErrorStatus")
            status = status if isinstance(status, int) else None
            text = one_line(" ".join(_texts(entry)))
            self._error = APIError(api_error_message(status, text), status=status)
        self._apply(entry, None, **({"error": entry.get("error") or "unknown"} if failed else {}))

    def _apply(self, entry: Entry, parent: str | None = None, **more: Any) -> None:
        self._turn.apply(
            parse_message(
                {
                    "type": entry["type"],
                    "message": entry.get("message"),
                    "uuid": entry["uuid"],
                    "session_id": entry.get("sessionId", ""),
                    "parent_tool_use_id": parent,
                    **more,
                }
            )
        )

    def _take_subagents(self) -> None:
        """Take what stands under the turn's calls, and under theirs."""
        seen: set[str] = set()
        while calls := [call.id for call in self._turn.tools if call.id not in seen]:
            for call in calls:
                seen.add(call)
                for entry in self._subagents.of(call):
                    if entry["type"] == "user":
                        self._apply_results(entry, call)
                    elif entry["type"] == "assistant":
                        self._apply(entry, call)

    def end(self) -> None:
        """There is no more of it."""
        turn, error = self._turn, self._error
        self._take_subagents()
        for call in turn.tools:
            if call.state == "denied" and call.output.startswith(NOBODY):
                call.note = call.output
        if error is None and turn.messages and not self._answered:
            error = lost(None)
        elif error is None and turn.open_calls:
            error = TurnFailed(
                "Claude Code was lost in the middle of the turn; its tool calls have no result"
            )
        turn.finish(state_after(error), error)
        if self._began is not None and self._last is not None:
            turn.seconds = (self._last - self._began).total_seconds()


class _Subagents:
    """The transcripts of a conversation's subagents, beside its own."""

    def __init__(self, path: Path) -> None:
        self._files: dict[str, Path] = {}  # by the call that started it
        for file in sorted((path.with_suffix("") / "subagents").rglob("agent-*.jsonl")):
            call = read_json(file.with_suffix(".meta.json")).get("toolUseId")
            if isinstance(call, str):
                self._files[call] = file

    def of(self, call: str) -> list[Entry]:
        """Return the entries of the subagent that a call started."""
        file = self._files.get(call)
        if file is None:
            return []
        try:
            with file.open("rb") as lines:
                return _chain(parse_entries(_linked_lines(lines)), True)
        except OSError:  # deleted at this moment
            return []


def _time(entry: Entry) -> datetime | None:
    try:  # Python 3.10 does not read the Z
        moment = datetime.fromisoformat(str(entry.get("timestamp")).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone()
