"""`Attachments`: sends what a prompt names by ``@`` with the prompt, and shows what was sent."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from .._kernel_tools.looking import withheld_line
from .._looking.look import Look, Picture
from .._looking.mentions import Mention, Mentions
from .._turns.attached import block_text
from .._turns.items import LARGEST_IMAGE, LARGEST_IMAGES, Attached, ToolImage
from .._turns.writer import TurnWriter

_FILE = "Claude Code reads it itself."


class Attachments:
    """Attaches to prompts.

    Parameters
    ----------
    mentions : callable
        Returns what knows the names; None if Claude may not look into the kernel.
    """

    def __init__(self, mentions: Callable[[], Mentions | None]) -> None:
        self._mentions = mentions

    def prompt_of(self, writer: TurnWriter) -> str | dict[str, Any]:
        """Return a turn's prompt for Claude Code, with what it names; show that in the turn.

        Naming is the permission, so only a prompt counts that the user wrote in a cell or in the
        panel. A program's prompt may be made of somebody else's text.
        """
        prompt = writer.turn.prompt
        mentions = self._mentions() if writer.typed and "@" in prompt else None
        found = mentions.attachments(prompt) if mentions is not None else []
        blocks: list[dict[str, Any]] = []
        room = LARGEST_IMAGES
        for number, (mention, look) in enumerate(found):
            chip = _chip(f"attached-{number}", mention, look, room)
            room -= sum(len(image.data) for image in chip.images)
            writer.put(chip)
            blocks += _blocks(chip, look)
        if not blocks:
            return prompt
        # The prompt comes last: Claude Code looks there for commands and files.
        blocks.append({"type": "text", "text": prompt})
        return {"type": "user", "message": {"role": "user", "content": blocks}}


def _chip(id: str, mention: Mention, look: Look, room: int) -> Attached:
    # The chip's name is beside its title.
    title = look.title.removeprefix(f"{mention.text.lstrip('@')}: ")
    chip = Attached(id, mention.text, title, look.text, note=withheld_line(look.withheld))
    if mention.kind in ("file", "folder") and not look.text:
        chip.text = _FILE
    for picture in (part for part in look.parts if isinstance(part, Picture)):
        data = base64.b64encode(picture.data).decode("ascii")
        if len(data) > min(LARGEST_IMAGE, room):
            chip.note = "; ".join(filter(None, (chip.note, "its picture is too large to show")))
            continue
        room -= len(data)
        chip.images.append(ToolImage(picture.mime, data, look.title))
    return chip


def _blocks(chip: Attached, look: Look) -> list[dict[str, Any]]:
    """Return the blocks of a message for what is attached; none for a file."""
    if not look.parts:
        return []
    blocks: list[dict[str, Any]] = [{"type": "text", "text": block_text(chip)}]
    for part in look.parts:
        if isinstance(part, Picture):
            data = base64.b64encode(part.data).decode("ascii")
            source = {"type": "base64", "media_type": part.mime, "data": data}
            blocks.append({"type": "image", "source": source})
    return blocks
