"""Asks the real CLI, for tests of what models say."""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk import AssistantMessage, ClaudeSDKClient, ResultMessage, TextBlock


async def ask(client: ClaudeSDKClient, prompt: Any) -> tuple[str, ResultMessage]:
    """Send a prompt; return the words of the answer, and the result."""
    await client.query(prompt)
    texts: list[str] = []
    async for message in client.receive_response():
        if isinstance(message, AssistantMessage):
            texts += [block.text for block in message.content if isinstance(block, TextBlock)]
        if isinstance(message, ResultMessage):
            return "|".join(texts), message
    raise AssertionError("no result")
