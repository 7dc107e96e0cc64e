"""The permission broker: asks through every view of a turn, and takes the first answer.

An answer may come from any thread, also while the session's event loop is held up by a
synchronous cell: it counts from the moment at which it is taken, and the views are told then. No
answer is never an approval: a time-out, an interrupt and having nobody to ask are explicit denials.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)

from ._turns.diffs import file_diff
from ._turns.items import pretty
from ._turns.turn import Turn

QUESTION = "AskUserQuestion"

#: How the note of a call begins that was denied because nobody can be asked.
NOBODY = "Denied: nobody can be asked here."

_MODES = {
    "acceptEdits": "file edits",
    "bypassPermissions": "everything (bypassPermissions)",
    "plan": "planning only (plan mode)",
}
_PLACES = {
    "session": "this session",
    "localSettings": "this project, for me (.claude/settings.local.json)",
    "projectSettings": "this project, for everyone (.claude/settings.json)",
    "userSettings": "all my projects (~/.claude/settings.json)",
}


class _Pending:
    def __init__(self, tool: str, tool_input: dict[str, Any], context: ToolPermissionContext):
        self.question = tool == QUESTION
        self.input = tool_input
        self.context = context
        self.thread = threading.get_ident()
        self.loop = asyncio.get_running_loop()
        self.answered = asyncio.Event()
        self._lock = threading.Lock()
        self._answer: dict[str, Any] | None = None
        self._open = True

    def take(self, answer: dict[str, Any]) -> bool:
        """Take the first answer, from any thread; return whether this is it."""
        with self._lock:
            first = self._open and self._answer is None
            if first:
                self._answer = answer
            return first

    def close(self) -> dict[str, Any] | None:
        """Take no answer from now on; return the one that was taken."""
        with self._lock:
            self._open = False
            return self._answer


#: Told a request's id and what was answered, "allow" or "deny", in the thread that brought it.
Listener = Callable[[str, str], None]


class Approvals:
    """Asks for permission on behalf of a session."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}
        self._listeners: list[Listener] = []

    async def decide(
        self,
        turn: Turn,
        tool: str,
        tool_input: dict[str, Any],
        context: ToolPermissionContext,
        folder: Path,
        timeout: float = 0.0,
    ) -> PermissionResult:
        """Ask whether a tool may run, and wait for the answer, at most `timeout` seconds if not 0.

        Returns
        -------
        PermissionResultAllow or PermissionResultDeny
            What the first view answered; a denial if nobody can be asked or time is up.
        """
        if not turn.can_ask:
            return self._nobody(turn, tool, context)
        request = self._describe(tool, tool_input, context, folder, timeout)
        pending = _Pending(tool, tool_input, context)
        self._pending[request["id"]] = pending
        outcome = "Not answered: the request was withdrawn"
        turn.ask(request)
        try:
            try:
                await asyncio.wait_for(pending.answered.wait(), timeout or None)
            except asyncio.TimeoutError:
                pass  # an answer may have been taken while this loop was held up
            answer = pending.close()
            if answer is None:
                outcome = f"Denied: no answer within {timeout:g} s"
                turn.deny(context.tool_use_id, outcome)
                return PermissionResultDeny(message=f"Nobody answered within {timeout:g} s.")
            result, outcome = self._result(pending, answer)
            return result
        finally:
            pending.close()
            self._pending.pop(request["id"], None)
            turn.asked(request["id"], outcome)

    def answer(self, request_id: str, answer: dict[str, Any]) -> bool:
        """Take an answer; callable from any thread. Return whether it is the first.

        Parameters
        ----------
        request_id : str
            The request's id.
        answer : dict
            ``behavior`` "allow" or "deny"; ``suggestion`` the number of an "always allow";
            ``answers`` for a question.
        """
        pending = self._pending.get(request_id)
        if pending is None or answer.get("behavior") not in ("allow", "deny"):
            return False

        if not pending.take(answer):
            return False
        try:
            # In the loop's own thread all views are told at once that the request is settled.
            for listener in (
                list(self._listeners) if threading.get_ident() != pending.thread else ()
            ):
                listener(request_id, answer["behavior"])
        finally:
            pending.loop.call_soon_threadsafe(pending.answered.set)
        return True

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each answer that another thread than the loop's brings.

        It is called in that thread, at once, even if the loop is held up; it may only send
        messages. Return what stops that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- inside -------------------------------------------------------------------------------

    def _describe(
        self,
        tool: str,
        tool_input: dict[str, Any],
        context: ToolPermissionContext,
        folder: Path,
        timeout: float,
    ) -> dict[str, Any]:
        waiting = (
            f"Claude waits for your answer; without one it is denied after {timeout:g} s."
            if timeout
            else "Claude waits for your answer; nothing runs until then."
        )
        # Never one that a kernel before this one had: a view of that must not answer for this one.
        request: dict[str, Any] = {"id": f"request-{uuid.uuid4().hex}", "waiting": waiting}
        if tool == QUESTION:
            return {**request, "kind": "question", "questions": tool_input.get("questions") or []}
        command = tool_input.get("command")
        command = command if tool == "Bash" and isinstance(command, str) else None
        diff = file_diff(tool, tool_input, folder)
        return {
            **request,
            "kind": "permission",
            "tool": tool,
            "description": _news(context.description, command, tool_input),
            "reason": context.decision_reason or "",
            "command": command,
            "diff": diff,
            "path": tool_input.get("file_path") if diff is not None else None,
            "input": "" if command is not None or diff is not None else pretty(tool_input),
            "suggestions": [
                {"index": index, "label": suggestion_label(suggestion)}
                for index, suggestion in enumerate(context.suggestions)
            ],
        }

    def _result(self, pending: _Pending, answer: dict[str, Any]) -> tuple[PermissionResult, str]:
        if answer["behavior"] == "deny":
            if pending.question:
                return PermissionResultDeny(message="The user did not answer."), "Declined"
            return PermissionResultDeny(message="The user denied this."), "Denied"
        if pending.question and isinstance(answer.get("answers"), dict):
            updated = {**pending.input, "answers": answer["answers"]}
            return PermissionResultAllow(updated_input=updated), "Answered"
        index = answer.get("suggestion")
        if type(index) is int and 0 <= index < len(pending.context.suggestions):
            chosen = pending.context.suggestions[index]
            return (
                PermissionResultAllow(updated_permissions=[chosen]),
                suggestion_label(chosen).replace("Always allow", "Approved, and always allowed:"),
            )
        return PermissionResultAllow(), "Approved"

    def _nobody(
        self, turn: Turn, tool: str, context: ToolPermissionContext
    ) -> PermissionResultDeny:
        if tool == QUESTION:
            note = "Denied: Claude asked a question, and nobody can be asked here."
        else:
            rules = rules_for(tool, context)
            note = (
                f"{NOBODY} To allow it, add {', '.join(rules)} to "
                f"allowed_tools: claude.settings.allowed_tools += {rules!r}"
            )
        turn.deny(context.tool_use_id, note)
        return PermissionResultDeny(message=note)


def _news(description: str | None, command: str | None, tool_input: dict[str, Any]) -> str:
    """Return the CLI's description of a call, or "" if it only repeats what is shown anyway."""
    text = (description or "").strip()
    path = str(tool_input.get("file_path") or "")
    shown = (command or "").startswith(text) or path.endswith(text)
    return "" if shown else text


def rules_for(tool: str, context: ToolPermissionContext) -> list[str]:
    """Return the permission rules, in the CLI's syntax, that would allow a call."""
    for suggestion in context.suggestions:
        if suggestion.type == "addRules" and suggestion.rules:
            rules = [str(rule) for rule in suggestion.rules]
            if tool == "Bash" and context.blocked_path:
                # A command that writes to a file needs the right to that as well; an absolute path
                # in a rule begins with two slashes.
                rules.append(f"Edit(/{context.blocked_path})")
            return rules
    return [tool]  # without a suggestion of the CLI's, no narrower rule allows it


def suggestion_label(suggestion: PermissionUpdate) -> str:
    """Return the words of the button for one of the CLI's suggestions."""
    place = _PLACES.get(suggestion.destination or "", suggestion.destination or "")
    where = f" in {place}" if place else ""
    if suggestion.type == "setMode" and suggestion.mode:
        return f"Always allow {_MODES.get(suggestion.mode, suggestion.mode)}{where}"
    if suggestion.type == "addDirectories" and suggestion.directories:
        return f"Always allow access to {', '.join(suggestion.directories)}{where}"
    if suggestion.rules:
        return f"Always allow {', '.join(str(rule) for rule in suggestion.rules)}{where}"
    return f"Always allow ({suggestion.type}){where}"
