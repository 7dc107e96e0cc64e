"""`Bridge`: makes replayed turns part of Claude Code's own session.

No Claude Code had these turns. Before it is asked something new, it must know them: they go into
the transcript of the session that it resumes.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from jupyter_claude_sdk import AssistantMessage, Message, UserMessage
from jupyter_claude_sdk.lowlevel import parse_message

from .._core.conversation import Conversation
from .._process.workspace import Workspace
from .._text import one_line
from .._turns.attached import READ_BY_CLAUDE_CODE, block_text
from .._turns.errors import ClaudeError
from .._turns.items import Attached
from .._turns.turn import Turn

Block = dict[str, Any]


class Bridge:
    """Writes the replayed turns that Claude Code's session lacks.

    Parameters
    ----------
    conversation : Conversation
        Has the turns.
    workspace : Workspace
        Says where Claude Code keeps its transcripts.
    """

    def __init__(self, conversation: Conversation, workspace: Workspace) -> None:
        self._conversation = conversation
        self._workspace = workspace

    async def prepare(self, end: Callable[[], Awaitable[None]]) -> None:
        """If the session lacks replayed turns, write them. The next start resumes the session.

        Parameters
        ----------
        end : callable
            Ends the process, if it runs. It has the conversation in memory, and would not read its
            transcript again.

        Raises
        ------
        ClaudeError
            If the transcript cannot be written.
        """
        conversation = self._conversation
        if not conversation.not_in_session:
            return
        await end()
        try:
            # Nothing is awaited from here on: turns written twice would be asked twice.
            session_id = self._write([one.turn for one in conversation.not_in_session])
        except OSError as error:
            raise ClaudeError(
                "Claude Code cannot be told the replayed turns, because its transcript cannot be "
                f"written: {one_line(error.strerror or str(error))}. Free the disk, or run "
                "%claude new to ask without them"
            ) from error
        conversation.move_to(session_id)

    def _write(self, lacking: list[Turn]) -> str:
        from jupyter_claude_sdk.lowlevel import Transcript, new_transcript  # lazy: rarely needed

        conversation, workspace = self._conversation, self._workspace
        present, variables = conversation.present_id, workspace.variables()
        transcript = Transcript.find(present, variables) if present is not None else None
        if transcript is not None:
            transcript.add(_messages(lacking), cwd=workspace.cwd, environment=variables)
            return transcript.session_id
        # There is no session yet, or it is a copy that has written nothing yet.
        ended = [turn for turn in conversation.turns if turn.ended]
        return new_transcript(_messages(ended), cwd=workspace.cwd, environment=variables)


def _messages(turns: Iterable[Turn]) -> list[UserMessage | AssistantMessage]:
    """Return the turns' prompts and messages, without turns that were never asked."""
    found: list[UserMessage | AssistantMessage] = []
    for turn in turns:
        messages = [
            one for one in turn.messages if isinstance(one, (UserMessage, AssistantMessage))
        ]
        if not messages and turn.replayed is None:
            continue
        for message in messages:
            # A rewind and a fork name a turn's last message.
            message.uuid = message.uuid or str(uuid.uuid4())
        prompt = _prompt(turn) if turn.prompt else None  # Claude begins some turns by itself
        if isinstance(prompt, UserMessage):
            found.append(prompt)
        found += messages
    return found


def _prompt(turn: Turn) -> Message:
    """Return a turn's prompt as Claude got it, with what it attached."""
    blocks: list[Block] = []
    for chip in turn.items:
        if not isinstance(chip, Attached) or chip.text == READ_BY_CLAUDE_CODE:
            continue
        blocks.append({"type": "text", "text": block_text(chip)})
        for image in chip.images:
            source = {"type": "base64", "media_type": image.media_type, "data": image.data}
            blocks.append({"type": "image", "source": source})
    text: Block = {"type": "text", "text": turn.prompt}
    return parse_message(
        {
            "type": "user",
            "message": {"role": "user", "content": [*blocks, text] if blocks else turn.prompt},
            "uuid": turn.id,
            "timestamp": turn.time.isoformat(),
        }
    )
