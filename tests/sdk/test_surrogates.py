"""Half an emoji, as it stands where JavaScript cut a text."""

from __future__ import annotations

import pytest
from jupyter_claude_sdk._wire.protocol import MessagesFrame, Protocol

pytestmark = pytest.mark.pure


def test_half_an_emoji_can_be_printed() -> None:
    """Else a tool's long output that was cut within an emoji ends the cell with a codec error."""
    line = rb'{"type":"user","a":"cut \ud83d","b":["whole \ud83d\ude00", "\uDE00"]}'
    (frame,) = Protocol().feed(line + b"\n")
    assert isinstance(frame, MessagesFrame)
    assert frame.data == [{"type": "user", "a": "cut \ufffd", "b": ["whole 😀", "\ufffd"]}]
