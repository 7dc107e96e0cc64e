"""Makes MCP results of what was seen, or of what code showed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Union

from .._looking import look
from .._running import for_model

Part = Union[str, look.Picture, for_model.Picture]


def shown(parts: Sequence[Part], *, error: bool = False) -> dict[str, Any]:
    """Return texts and pictures as the result of a tool."""
    return {"content": [_block(part) for part in parts], "isError": error}


def failed(line: str) -> dict[str, Any]:
    """Return a line as the error of a tool."""
    return shown([line], error=True)


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part, look.Picture):
        data = base64.b64encode(part.data).decode("ascii")
        return {"type": "image", "mimeType": part.mime, "data": data}
    return {"type": "image", "mimeType": part.media_type, "data": part.data}
