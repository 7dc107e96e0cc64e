"""Reads a request to the Messages API: which prompt it is for, and how far the turn has come.

All of this is in the request itself. So the model keeps no state, and answers a resumed, forked or
rewound conversation correctly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# The CLI adds notes to the user's texts, and marks where a turn was interrupted.
_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)
# What a Stop hook wants done is the next prompt. From CLI 2.1.332 on it comes inside such a note.
_FEEDBACK = re.compile(
    r"<system-reminder>(?:(?!</?system-reminder>).)*?^(Stop hook feedback:\n.*?)</system-reminder>",
    re.DOTALL | re.MULTILINE,
)
_INTERRUPTED = re.compile(r"\[Request interrupted by user[^\]]*\]")
# The CLI writes where it keeps a picture of a prompt, in a text after it.
_PICTURE = re.compile(r"\[Image: source: [^\n]+\]")
# The CLI's own prompt after an answer was cut off. It belongs to the same user prompt.
_CONTINUE = re.compile(
    r"^(Your response above was cut off mid-stream\.|Output token limit hit\.) Resume directly.*",
    re.DOTALL,
)


@dataclass(frozen=True)
class ToolResult:
    """The result of one tool call, as the model sees it.

    Attributes
    ----------
    tool_use_id : str
        The id of the tool call.
    text : str
        The result's text.
    is_error : bool
        Whether the tool failed or was denied.
    """

    tool_use_id: str
    text: str
    is_error: bool


def last_prompt(body: Mapping[str, Any]) -> str:
    """Return the prompt that a request is for.

    It is the last text that the user wrote. Tool results, the CLI's ``<system-reminder>`` notes,
    its notes on pictures and marks of an interruption do not count. What a Stop hook wants done
    counts.

    Parameters
    ----------
    body : Mapping
        The body of a request to ``/v1/messages``.

    Returns
    -------
    str
        The prompt, or an empty string if there is none.
    """
    return _locate(body)[1]


def call_number(body: Mapping[str, Any]) -> int:
    """Return the number of a request within its prompt: 0 for the first, 1 after a tool call, ….

    Parameters
    ----------
    body : Mapping
        The body of a request to ``/v1/messages``.

    Returns
    -------
    int
        The number of assistant messages since the last prompt.
    """
    start, _ = _locate(body)
    return sum(1 for message in _messages(body)[start + 1 :] if message.get("role") == "assistant")


def tool_results(body: Mapping[str, Any]) -> list[ToolResult]:
    """Return the results of the tool calls made since the last prompt, oldest first.

    Parameters
    ----------
    body : Mapping
        The body of a request to ``/v1/messages``.

    Returns
    -------
    list of ToolResult
    """
    start, _ = _locate(body)
    return [
        ToolResult(
            tool_use_id=str(block.get("tool_use_id", "")),
            text="".join(_texts(block)),
            is_error=bool(block.get("is_error")),
        )
        for message in _messages(body)[start + 1 :]
        for block in _blocks(message)
        if block.get("type") == "tool_result"
    ]


def earlier_texts(body: Mapping[str, Any]) -> list[str]:
    """Return the texts of user and model before the last prompt, oldest first.

    Parameters
    ----------
    body : Mapping
        The body of a request to ``/v1/messages``.

    Returns
    -------
    list of str
    """
    start, prompt = _locate(body)
    found: list[str] = []
    for index, message in enumerate(_messages(body)[: start + 1]):
        if message.get("role") == "system":  # the CLI's notes on its environment
            continue
        texts = [text for text in map(_clean, _texts(message)) if text]
        if index == start and texts and texts[-1] == prompt:
            texts.pop()
        found += texts
    return found


def user_texts(body: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return the texts that the user wrote, each with the position of its message."""
    return [
        (index, clean)
        for index, message in enumerate(_messages(body))
        if message.get("role") == "user"
        for text in _texts(message)
        if (clean := _clean(text))
    ]


def calls_since(body: Mapping[str, Any], start: int) -> list[list[tuple[str, str | None]]]:
    """Return the tool calls of each answer after a message: their tools, and what came of them.

    The result is None if there is none yet.
    """
    answers: list[list[tuple[str, str]]] = []
    results: dict[str, str] = {}
    for message in _messages(body)[start + 1 :]:
        if message.get("role") == "assistant":
            answers.append([])
        for block in _blocks(message):
            if block.get("type") == "tool_use" and answers:
                answers[-1].append((str(block.get("name")), str(block.get("id"))))
            elif block.get("type") == "tool_result":
                text = _REMINDER.sub("", "".join(_texts(block)))
                results[str(block.get("tool_use_id"))] = text
    return [[(name, results.get(one)) for name, one in calls] for calls in answers]


def interrupted_since(body: Mapping[str, Any], start: int) -> bool:
    """Return whether the user interrupted after a message."""
    return any(
        _INTERRUPTED.search(text)
        for message in _messages(body)[start + 1 :]
        if message.get("role") == "user"
        for text in _texts(message)
    )


def system_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts that tell the model its task and surroundings."""
    yield from _texts({"content": body.get("system")})
    for message in _messages(body):
        if message.get("role") == "system":
            yield from _texts(message)


def _locate(body: Mapping[str, Any]) -> tuple[int, str]:
    messages = _messages(body)
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") != "user":
            continue
        # The API joins consecutive user messages, for example a prompt that failed and the next
        # one. So the last text is the prompt to answer.
        for text in reversed(list(_texts(messages[index]))):
            if clean := _clean(text):
                return index, clean
    return -1, ""


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list):
        return []
    return [message for message in messages if isinstance(message, Mapping)]


def _blocks(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    content = message.get("content")
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        yield from (block for block in content if isinstance(block, Mapping))


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    for block in _blocks(message):
        if block.get("type") == "text":
            yield str(block.get("text", ""))


def _clean(text: str) -> str:
    text = _REMINDER.sub("", _FEEDBACK.sub(r"\1", text))
    text = _INTERRUPTED.sub("", text).strip()
    return "" if _PICTURE.fullmatch(text) else _CONTINUE.sub("", text)
