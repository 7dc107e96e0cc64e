"""`SlashCommands`: Claude Code's commands, such as ``/compact``, that work in this session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypedDict

from jupyter_claude_sdk import SystemMessage

from .._core.conversation import Conversation
from .._did_you_mean import did_you_mean
from .._process.client import SharedClient
from .._text import exact_line
from .._turns.errors import TurnFailed

#: A prompt that is a command. A path has a second slash.
_COMMAND = re.compile(r"/([A-Za-z][\w.-]*)(?=\s|$)")
_DESCRIPTION = 160  # characters
#: Commands that Claude Code lists, and that do nothing useful without its terminal.
_USELESS = frozenset(
    ["agents", "auto-mode-setup", "color", "focus", "heapdump", "workflow-launch-exec"]
)
#: Commands that the panel and the kernel do themselves.
OWN = ("clear", "compact", "cost", "help", "login", "model", "resume")


class SlashCommand(TypedDict):
    """A command that a prompt can begin with."""

    name: str
    """Without the slash."""
    hint: str
    """What follows it, such as "[name]"; "" for nothing."""
    description: str


class SlashCommands:
    """The commands of the session.

    Parameters
    ----------
    client : SharedClient
        Has what Claude Code said of itself at its start.
    conversation : Conversation
        Its turns say which commands came later, such as those of skills.
    """

    def __init__(self, client: SharedClient, conversation: Conversation) -> None:
        self._client = client
        self._conversation = conversation

    @property
    def known(self) -> bool:
        """Whether Claude Code has started, so that its commands are known."""
        return bool(self._listed())

    def offered(self) -> list[SlashCommand]:
        """Return the commands to choose from, without those of `OWN`."""
        found: dict[str, SlashCommand] = {}
        for one in self._listed():
            name, description = str(one.get("name") or ""), str(one.get("description") or "")
            left_out = name in OWN or name in _USELESS or name.startswith("_")
            # The terminal's /usage is our /cost, and "clear" has the alias "new".
            if not left_out and _COMMAND.match(f"/{name}".partition(":")[0]):
                found[name] = {
                    "name": exact_line(name)[:100],
                    "hint": exact_line(str(one.get("argumentHint") or ""))[:60],
                    "description": _sentence(description),
                }
        for name in self._named_later():
            if name not in found and name not in OWN and ":" not in name and name not in _USELESS:
                found[name] = {"name": exact_line(name)[:100], "hint": "", "description": ""}
        return sorted(found.values(), key=lambda one: one["name"])

    def check(self, prompt: str) -> None:
        """Refuse a mistyped command: Claude Code would send it to the model as a text.

        Raises
        ------
        TurnFailed
            If a prompt is a command that Claude Code does not know. Before Claude Code has started,
            any command may be known.
        """
        match = _COMMAND.match(prompt)
        if match is None or not self.known:
            return
        name = match[1]
        names = {*OWN, *self._named_later()}
        for one in self._listed():
            names.add(str(one.get("name") or ""))
            names.update(map(str, one.get("aliases") or ()))
        if name in names or name.startswith("mcp__"):
            return
        hint = did_you_mean(name, sorted(names)).replace("did you mean ", "did you mean /")
        raise TurnFailed(
            f"There is no command /{exact_line(name)[:60]}, and nothing was sent; "
            f"{hint or 'to send it as a text, put a word before it'}"
        )

    def _listed(self) -> Sequence[dict[str, Any]]:
        commands = self._client.last_info.get("commands")
        listed = commands if isinstance(commands, list) else []
        return [one for one in listed if isinstance(one, dict)]

    def _named_later(self) -> list[str]:
        """Return the names that Claude Code gave at the beginning of the last turn."""
        for turn in reversed(self._conversation.turns):
            for message in reversed(turn.messages):
                if isinstance(message, SystemMessage) and message.subtype == "init":
                    names = message.data.get("slash_commands")
                    return list(map(str, names)) if isinstance(names, list) else []
        return []


def _sentence(text: str) -> str:
    """Return the first sentence of a description, in one line."""
    line = exact_line(" ".join(text.split()))
    first = re.split(r"(?<=[a-z)])[.;] (?=[A-Z])", line)[0].removesuffix(".")
    return first if len(first) <= _DESCRIPTION else f"{first[:_DESCRIPTION].rstrip()}…"
