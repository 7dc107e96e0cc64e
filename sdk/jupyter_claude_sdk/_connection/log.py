"""What the client remembers of the conversation, so that it can go back to before a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._options import ClaudeAgentOptions
from .._types.messages import AssistantMessage, Message, UserMessage
from .turn import ClientTurn

#: How many prompts the log remembers.
_PROMPTS = 1000


@dataclass
class _Prompt:
    before: str | None  # the last message of the main thread before the prompt
    text: str


class ConversationLog:
    """The present session, and for each of its prompts the message before it."""

    def __init__(self) -> None:
        self.session_id: str | None = None
        self.model: str | None = None  # from `set_model`, or from the last answer
        self.prompts: dict[str, _Prompt] = {}
        # The settings that were changed since the client connected, by subtype and MCP server.
        self.settings: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._last: str | None = None
        self._loaded = False  # whether the resumed session's transcript was read

    def note_prompt(self, turn: ClientTurn) -> None:
        """Note a prompt that is being sent."""
        self.prompts[turn.uuid] = _Prompt(self._last, _text(turn.prompt))
        if len(self.prompts) > _PROMPTS:
            del self.prompts[next(iter(self.prompts))]

    def note_messages(self, messages: list[Message]) -> None:
        """Note the last message of the main thread."""
        for message in reversed(messages):
            if (
                isinstance(message, (AssistantMessage, UserMessage))
                and message.parent_tool_use_id is None
                and message.uuid
            ):
                self._last = message.uuid
                if isinstance(message, AssistantMessage):
                    self.model = message.model
                return

    def note_end(self, turn: ClientTurn) -> None:
        """Note a turn's end."""
        result = turn.result
        if result is None or not result.session_id:
            return
        if self.session_id not in (None, result.session_id):
            # The session was cleared, so the earlier prompts are not part of it.
            prompt = self.prompts.get(turn.uuid)
            self.prompts.clear()
            if prompt is not None:
                if self._last == prompt.before:
                    self._last = None
                prompt.before = None
                self.prompts[turn.uuid] = prompt
        self.session_id = result.session_id

    def last_prompt(self) -> str | None:
        """Return the uuid of the latest prompt, or None."""
        return next(reversed(self.prompts), None)

    def cut(self, prompt: str) -> None:
        """Forget a prompt and all prompts after it."""
        names = list(self.prompts)
        if prompt in self.prompts:
            self._last = self.prompts[prompt].before
            for name in names[names.index(prompt) :]:
                del self.prompts[name]

    def note_fork(self, prompt: str) -> None:
        """Note that a fork continues from before a prompt. Its first turn brings its id."""
        self.cut(prompt)
        self.session_id = None

    def load(self, options: ClaudeAgentOptions, cli_environment: Mapping[str, str]) -> None:
        """Read the prompts before this connection from the transcript of a resumed session."""
        from .._sessions.entries import conversation, is_uuid, parse_entries
        from .._sessions.folders import find_transcript

        session_id = self.session_id or options.resume
        if self._loaded or session_id is None or not is_uuid(session_id):
            return
        self._loaded = True
        if options.resume is None and not options.continue_conversation:
            return
        path = find_transcript(session_id, None, cli_environment)
        if path is None:
            return
        with path.open("rb") as lines:
            messages = conversation(list(parse_entries(lines)))
        known = self.prompts
        self.prompts, before = {}, None
        for message in messages:
            text = _text({"message": message.message})
            if message.type == "user" and text:
                self.prompts[message.uuid] = _Prompt(before, text)
            before = message.uuid
        for uuid, prompt in known.items():
            # The transcript also knows the message before this connection's first prompt.
            self.prompts.setdefault(uuid, prompt)
        self._last = self._last or before


def _text(prompt: dict[str, Any]) -> str:
    content = prompt.get("message", {}).get("content")
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(str(block.get("text")) for block in blocks if block.get("type") == "text")
