"""`Piece`: one thing that is attached to a prompt, and the blocks of a message made of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from .._looking.look import Look, Picture
from .._turns.attached import block_text
from .._turns.items import LARGEST_IMAGE, Attached, ToolImage

_PDF = "application/pdf"
#: What files may begin with, and their media types.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", _PDF),
)


@dataclass(frozen=True)
class Piece:
    """One thing that is attached to a prompt.

    Attributes
    ----------
    name : str
        As the user names it, such as "@df" or "plot.png".
    look : Look
        What the model gets of it as text and pictures.
    pdf : bytes
        The PDF that the model gets; empty without one.
    note : str
        A remark for the chip; "" without one.
    """

    name: str
    look: Look
    pdf: bytes = b""
    note: str = ""

    def chip(self, id: str, room: int) -> Attached:
        """Return what views show of it. Its pictures have at most `room` characters."""
        # The chip's name is beside its title.
        title = self.look.title.removeprefix(f"{self.name.lstrip('@')}: ")
        chip = Attached(id, self.name, title, self.look.text, note=self.note)
        for picture in (part for part in self.look.parts if isinstance(part, Picture)):
            data = _base64(picture.data)
            if len(data) > min(LARGEST_IMAGE, room):
                chip.note = "; ".join(filter(None, (chip.note, "its picture is too large to show")))
                continue
            room -= len(data)
            chip.images.append(ToolImage(picture.mime, data, self.look.title))
        return chip

    def blocks(self, chip: Attached) -> list[dict[str, Any]]:
        """Return the blocks of a message; none if Claude Code reads the thing itself."""
        if not self.look.parts and not self.pdf:
            return []
        # Transcripts keep the text block, so a resumed conversation shows the chip again.
        blocks: list[dict[str, Any]] = [{"type": "text", "text": block_text(chip)}]
        for part in self.look.parts:
            if isinstance(part, Picture):
                blocks.append(_block("image", part.mime, part.data))
        if self.pdf:
            blocks.append(_block("document", _PDF, self.pdf))
        return blocks


def piece_again(chip: Attached) -> Piece | None:
    """Return the piece that a chip shows; None if the chip has nothing of it."""
    parts: list[str | Picture] = [chip.text] if chip.text else []
    for image in chip.images:
        parts.append(Picture(base64.b64decode(image.data), image.media_type))
    return Piece(chip.name, Look(chip.title, tuple(parts)), note=chip.note) if parts else None


def media_type(data: bytes) -> str:
    """Return the media type of a picture or a PDF that a model can read; "" for other data."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), "")


def size(number: int) -> str:
    """Return a number of bytes: 340 bytes, 12 kB, 3.4 MB."""
    if number < 1_000:
        return f"{number} bytes"
    return f"{number / 1e3:.0f} kB" if number < 999_500 else f"{number / 1e6:.1f} MB"


def _block(kind: str, media_type: str, data: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": _base64(data)}
    return {"type": kind, "source": source}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
