"""`Edits`: what the user made of a command or a plan before it was approved.

The card shows what really ran, and Claude is told of an edited command after it ran. The CLI itself
tells Claude of an edited plan.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from jupyter_claude_sdk import HookMatcher, PermissionResult, PermissionResultAllow

from .._asking.plans import PLAN
from .._turns.writer import TurnWriter

_KEPT = 100  # calls; a command that never ends is never told of

#: What the user can edit of a tool's input, and the note on its card.
_EDITED = {
    "Bash": ("command", "You edited the command"),
    PLAN: ("plan", "You edited the plan"),
}


class Edits:
    """Remembers the commands that the user edited, until Claude knows."""

    def __init__(self) -> None:
        self._commands: OrderedDict[str, str] = OrderedDict()

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hooks that tell Claude, for the options at the start."""
        events = ("PostToolUse", "PostToolUseFailure")
        return {event: [HookMatcher(matcher="Bash", hooks=[self._tell])] for event in events}

    def note(
        self,
        turn: TurnWriter,
        call: str,
        tool: str,
        given: dict[str, Any],
        result: PermissionResult,
    ) -> None:
        """Note the user's answer to a request, and show the edit on the call's card."""
        field, note = _EDITED.get(tool, ("", ""))
        if not field or not isinstance(result, PermissionResultAllow):
            return
        edited = (result.updated_input or given).get(field)
        if edited == given.get(field) or not isinstance(edited, str):
            return
        turn.edit_call(call, edited)
        turn.note_call(call, note)
        if tool == "Bash":
            self._commands[call] = edited
            while len(self._commands) > _KEPT:
                self._commands.popitem(last=False)

    async def _tell(self, event: Any, tool_use_id: str | None, context: Any) -> Any:
        edited = self._commands.pop(tool_use_id or "", None)
        if edited is None:
            return {}
        told = f"The user edited your command before it ran. This ran instead:\n{edited}"
        return {
            "hookSpecificOutput": {
                "hookEventName": event["hook_event_name"],
                "additionalContext": told,
            }
        }
