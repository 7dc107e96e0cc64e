"""Writes messages as entries of a transcript, as the CLI itself writes them.

With this the CLI can continue a conversation that it never had. Observed with CLI 2.1.329.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Union
from uuid import uuid4

from .._types.blocks import (
    ContentBlock,
    ServerToolResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from .._types.messages import AssistantMessage, UserMessage
from .._version import TESTED_CLI_VERSION
from .entries import Entry, is_uuid, line_of, project_key
from .folders import Folder, projects_folder
from .timestamps import moment

__all__ = ["WrittenMessage", "new_transcript"]

#: A message that can be written to a transcript.
WrittenMessage = Union[UserMessage, AssistantMessage]

_NO_USAGE = {
    "input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 0,
}
_NO_RESULT = "This call has no result."


def new_transcript(
    messages: Iterable[WrittenMessage],
    *,
    cwd: Folder,
    environment: Mapping[str, str],
    session_id: str | None = None,
    version: str = TESTED_CLI_VERSION,
) -> str:
    """Write a new session that has these messages, for a CLI that resumes it.

    Parameters
    ----------
    messages : iterable of UserMessage or AssistantMessage
        The conversation, oldest first. A prompt is a `UserMessage` with a text, or with blocks. A
        prompt's ``uuid`` is the handle for rewinding; a message without one gets a new one.
        Messages of subagents are left out. Thinking without a signature is left out too: the API
        refuses it.
    cwd : str or path
        The folder in which the CLI will run.
    environment : mapping
        The CLI's environment, which names its configuration folder.
    session_id : str, optional
        The new session's uuid; None makes one.
    version : str
        The version of the CLI that the entries name.

    Returns
    -------
    str
        The session's id, for ``ClaudeAgentOptions(resume=…)``.

    Raises
    ------
    ValueError
        If `session_id` is not a uuid, or there are no messages.
    FileExistsError
        If there is such a session already.
    OSError
        If the transcript cannot be written.
    """
    name = str(uuid4()) if session_id is None else session_id
    if not is_uuid(name):  # it becomes a file's name
        raise ValueError(
            f"Invalid session_id: {name!r:.60}; take a uuid, such as str(uuid.uuid4())"
        )
    folder = Path(cwd).expanduser().resolve()
    entries = entries_of(
        messages, session_id=name, cwd=folder, environment=environment, version=version
    )
    if not entries:
        raise ValueError("A session needs at least one message")
    project = projects_folder(environment) / project_key(str(folder))
    project.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(project / f"{name}.jsonl", b"".join(map(line_of, entries)))
    return name


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            path.unlink()
            raise


def entries_of(
    messages: Iterable[WrittenMessage],
    *,
    session_id: str,
    cwd: Path,
    environment: Mapping[str, str],
    version: str,
    after: Entry | None = None,
) -> list[Entry]:
    """Return the entries of messages, each with the one before it as its parent.

    Parameters
    ----------
    messages, session_id, cwd, environment, version
        See `new_transcript`.
    after : dict, optional
        The entry that they follow.
    """
    shared = {
        "userType": "external",
        "entrypoint": environment.get("CLAUDE_CODE_ENTRYPOINT") or "jupyter-claude",
        "cwd": str(cwd),
        "sessionId": session_id,
        "version": version,
    }
    entries: list[Entry] = []
    time = None if after is None else moment(after.get("timestamp"))
    parent = None if after is None else after["uuid"]
    seen: set[str] = set()
    reply = ""  # the id of an answer whose messages name none
    for message in _answered(messages):
        if not reply or isinstance(message, UserMessage):
            reply = f"msg_{uuid4().hex}"
        own = _own_fields(message, reply)
        if own is None or message.uuid in seen:  # the echo of a prompt has the prompt's uuid
            continue
        # The CLI may take the newest entry for the conversation's end.
        given = moment(message.timestamp) or time or datetime.now(timezone.utc)
        time = given if time is None else max(given, time)
        uuid = message.uuid or str(uuid4())
        seen.add(uuid)
        entry = {"parentUuid": parent, "isSidechain": False, **own, "uuid": uuid}
        entries.append({**entry, "timestamp": _text(time), **shared})
        parent = uuid
    return entries


def _text(time: datetime) -> str:
    utc = time.astimezone(timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answered(messages: Iterable[WrittenMessage]) -> list[WrittenMessage]:
    """Return the conversation's own messages, with a result for each call and no others.

    The API refuses a call without a result, and a result without a call.
    """
    found = [message for message in messages if message.parent_tool_use_id is None]
    results = {id for message in found for id in _ids(message, ToolResultBlock)}
    calls = {id for message in found for id in _ids(message, ToolUseBlock)}
    complete: list[WrittenMessage] = []
    missing: list[str] = []  # calls of the last answer that have no result
    answer: str | None = None  # the id of the last answer

    def close() -> None:
        if missing:
            blocks: list[ContentBlock] = [ToolResultBlock(id, _NO_RESULT, True) for id in missing]
            complete.append(UserMessage(blocks))
            missing.clear()

    for message in found:
        if isinstance(message, AssistantMessage):
            if message.message_id != answer:
                close()
            answer = message.message_id
            missing += [id for id in _ids(message, ToolUseBlock) if id not in results]
        elif any(id not in calls for id in _ids(message, ToolResultBlock)):
            continue
        elif not _ids(message, ToolResultBlock):
            close()
        complete.append(message)
    close()
    return complete


def _ids(message: WrittenMessage, kind: type[ToolUseBlock] | type[ToolResultBlock]) -> list[str]:
    blocks = message.content if isinstance(message.content, list) else []
    return [
        block.id if isinstance(block, ToolUseBlock) else block.tool_use_id
        for block in blocks
        if isinstance(block, kind)
    ]


def _own_fields(message: WrittenMessage, reply: str) -> Entry | None:
    """Return what an entry says of its message; None if the message is empty."""
    content: str | list[Entry]
    if isinstance(message.content, str):
        content = message.content
    else:
        content = [block for one in message.content if (block := _block(one)) is not None]
    if not content:
        return None
    if isinstance(message, UserMessage):
        entry: Entry = {"type": "user", "message": {"role": "user", "content": content}}
        if message.is_synthetic:
            entry["isMeta"] = True
        if message.tool_use_result is not None:
            entry["toolUseResult"] = message.tool_use_result
        for name, wire in _DECISIONS.items():
            values = (meta.get(name) for meta in message.tool_result_meta or ())
            value = next((one for one in values if one is not None), None)
            if value is not None:
                entry[wire] = value
        return entry
    calls = any(isinstance(block, ToolUseBlock) for block in message.content)
    said: Entry = {
        "id": message.message_id or reply,
        "type": "message",
        "role": "assistant",
        "model": message.model,
        "content": content,
        "stop_reason": message.stop_reason or ("tool_use" if calls else "end_turn"),
        "stop_sequence": None,
        "usage": message.usage or _NO_USAGE,
    }
    entry = {"type": "assistant", "message": said}
    if message.error is not None:
        entry |= {"isApiErrorMessage": True, "error": message.error}
        if message.api_error_status is not None:
            entry["apiErrorStatus"] = message.api_error_status
    return entry


#: How the CLI names in an entry what a message says of a call's permission.
_DECISIONS = {
    "permission_decision": "permissionDecision",
    "non_execution_kind": "toolDenialKind",
    "before_run": "toolDenialBeforeRun",
}


def _block(block: ContentBlock) -> Entry | None:
    """Return a block in the API's form; None if the API would refuse it."""
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text} if block.text.strip() else None
    if isinstance(block, ThinkingBlock):
        if not block.signature:
            return None
        return {"type": "thinking", "thinking": block.thinking, "signature": block.signature}
    if isinstance(block, (ToolUseBlock, ServerToolUseBlock)):
        return {"type": block.type, "id": block.id, "name": block.name, "input": block.input}
    if isinstance(block, (ToolResultBlock, ServerToolResultBlock)):
        result: Entry = {"type": block.type, "tool_use_id": block.tool_use_id}
        result["content"] = block.content
        if isinstance(block, ToolResultBlock) and block.is_error is not None:
            result["is_error"] = block.is_error
        return result
    return block.data
