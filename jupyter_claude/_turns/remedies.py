"""`Remedy`: what views offer after the error of a turn."""

from __future__ import annotations

from typing import Literal

#: Sign in, choose another model, compact the conversation, send the prompt again; "" for nothing.
Remedy = Literal["", "sign_in", "model", "compact", "again"]
