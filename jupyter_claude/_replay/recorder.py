"""Makes a recorded turn of a turn that has ended."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyter_claude_sdk import AssistantMessage, ToolResultBlock, ToolUseBlock, UserMessage
from jupyter_claude_sdk.lowlevel import (
    RecordedAttachment,
    RecordedCall,
    RecordedCode,
    RecordedFile,
    RecordedImage,
    RecordedInputs,
    RecordedItem,
    RecordedNotice,
    RecordedText,
    RecordedTurn,
    RecordingFolder,
    digest,
)

from .._turns.items import (
    RUN_CODE,
    Attached,
    Item,
    Notice,
    TextItem,
    ThinkingItem,
    ToolCall,
    ToolImage,
    output_text,
)
from .._turns.turn import Turn
from .._turns.written_files import file_of
from .file_watch import content_of
from .scrub import Scrubber

#: The notices about the turn itself. Others are about this machine, this day or this session.
_NOTICES = ("compact-", "note-", "retry-")
_BLOCK = re.compile(r"-(?:whole-)?\d+\Z")  # what an item's id has after the message's
_SECONDS = re.compile(r" · \d+ s\Z")


def recorded_turn(
    turn: Turn,
    asked: RecordedInputs,
    key: str,
    parent: str,
    recording: RecordingFolder,
    scrubber: Scrubber,
    before: Mapping[str, str],
) -> RecordedTurn:
    """Return a turn as it is recorded, and add its pictures and files to the recording.

    Parameters
    ----------
    turn : Turn
        The turn, which has ended well.
    asked : RecordedInputs
        What it was asked, without secrets.
    key, parent : str
        Its key, and that of the turn before.
    recording : RecordingFolder
        Gets its pictures and files.
    scrubber : Scrubber
        Takes secrets and folders out.
    before : mapping
        The SHA-256 of the files before the turn, by path.

    Raises
    ------
    RecordingError
        If something cannot be written.
    """
    replies, results = _replies(turn), _results(turn)
    items = [item for item in turn.items if not _leaves_out(item)]
    positions = {item.id: number for number, item in enumerate(items, 1)}
    recorded = RecordedTurn(
        items=[_item(item, replies, results, positions, recording) for item in items],
        code=_code(turn),
        value=turn.raw_answer,
        has_value=asked.schema is not None,
        model=turn.model,
        replies=turn.model_calls,
        cost_usd=round(turn.cost_usd, 8),
        subscription=turn.subscription,
        usage={name: n for name, n in turn.usage.items() if type(n) is int and n},
        practice=turn.practice,
    )
    recorded = scrubber.recorded(recorded)
    recorded.files = _files(turn, recording, scrubber, before)
    # The prompt may have a secret that only the turn made a variable of.
    recorded.asked, recorded.key, recorded.parent = scrubber.recorded(asked), key, parent
    return recorded


_LONGEST = 500_000  # bytes of a file
#: Where Claude Code keeps a picture, and the names of what works in the background.
_OF_ONE_RUN = re.compile(
    r"\[Image: source: [^\n]*\]\n?| with ID: \w+\. Output is being written to: [^\n]*"
    r"|agentId: [^\n]*\n?"
)

# --- items --------------------------------------------------------------------------------------


def _leaves_out(item: Item) -> bool:
    return isinstance(item, Notice) and not item.id.startswith(_NOTICES)


def _replies(turn: Turn) -> dict[str, int]:
    """Return the number of the model's answer, by its own id and by the ids of its calls."""
    found: dict[str, int] = {}
    number = 0
    for message in turn.messages:
        if not isinstance(message, AssistantMessage) or message.model == "<synthetic>":
            continue
        id = message.message_id or ""
        if not id or id not in found:
            number += 1
            found[id] = number
        found.update(
            (block.id, found[id]) for block in message.content if isinstance(block, ToolUseBlock)
        )
    return found


def _results(turn: Turn) -> dict[str, str]:
    """Return what the model got of each call as text, by the call's id."""
    return {
        block.tool_use_id: _without_ids(output_text(block.content))
        for message in turn.messages
        if isinstance(message, UserMessage) and not isinstance(message.content, str)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    }


def _without_ids(text: str) -> str:
    """Return a result without the ids and files that Claude Code makes up for this one run."""
    return _OF_ONE_RUN.sub("", text)


def _item(
    item: Item,
    replies: Mapping[str, int],
    results: Mapping[str, str],
    positions: Mapping[str, int],
    recording: RecordingFolder,
) -> RecordedItem:
    if isinstance(item, Notice):
        return RecordedNotice(item.text, item.level)
    if isinstance(item, Attached):
        images = _images(item.images, recording)
        return RecordedAttachment(item.name, item.title, item.text, images, item.note)
    parent = positions.get(item.parent, 0)
    if isinstance(item, TextItem):
        reply = replies.get(_BLOCK.sub("", item.id), 0)
        return RecordedText(item.text, isinstance(item, ThinkingItem), reply, parent)
    result = results.get(item.id)
    return RecordedCall(
        name=item.name,
        input=item.input,
        state="done" if item.is_open else item.state,
        output=item.output,
        result=None if result == item.output else result,
        images=_images(item.images, recording),
        note="" if item.is_open else item.note,
        diff=item.diff,
        edited=item.edited,
        answers=item.answers,
        todos=[dict(todo) for todo in item.todos],
        progress=_SECONDS.sub("", item.progress),
        background=item.background,
        hidden=item.hidden,
        live=item.live,
        ran=item.ran,
        said=item.said,
        reply=replies.get(item.id, 0),
        parent=parent,
    )


def _images(images: Sequence[ToolImage], recording: RecordingFolder) -> list[RecordedImage]:
    return [
        RecordedImage(recording.add_image(base64.b64decode(one.data), one.media_type), one.alt)
        for one in images
    ]


def _code(turn: Turn) -> list[RecordedCode]:
    """Return the code that ran in the kernel, with what the cards of its calls show."""
    calls = [call for call in turn.tools if call.name == RUN_CODE and call.code is not None]
    found = []
    for ran in turn.code:
        call = next((one for one in calls if (one.code or "").strip() == ran.code.strip()), None)
        if call is not None:
            calls.remove(call)
        output = "" if call is None else call.output
        bound = [str(name) for name in ran.bound]
        found.append(RecordedCode(ran.code, ran.why, bound, ran.error, output))
    return found


# --- files --------------------------------------------------------------------------------------


def _files(
    turn: Turn, recording: RecordingFolder, scrubber: Scrubber, before: Mapping[str, str]
) -> list[RecordedFile]:
    """Return the files in the notebook's folder that the turn changed."""
    home = os.path.realpath(recording.path.parent)
    found: dict[str, RecordedFile] = {}
    for call in turn.tools:
        path = file_of(call, str(turn.folder)) if call.state == "done" else None
        if path is None or path in found or path not in before:
            continue
        inside = os.path.relpath(path, home) if _is_within(path, home) else None
        if inside is not None and not scrubber.has_secret(inside):
            first = _created(turn, call)
            found[path] = _file(
                path, Path(inside).as_posix(), "" if first else before[path], recording, scrubber
            )
    return [one for one in found.values() if one.before != one.after or one.withheld]


def _is_within(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _created(turn: Turn, call: ToolCall) -> bool:
    """Whether Claude Code says that the call created its file: our own look may come too late."""
    for message in turn.messages:
        if not isinstance(message, UserMessage) or isinstance(message.content, str):
            continue
        about = [one.tool_use_id for one in message.content if isinstance(one, ToolResultBlock)]
        details = message.tool_use_result
        if about == [call.id] and isinstance(details, dict):
            return details.get("type") == "create"
    return False


def _file(
    path: str, name: str, before: str, recording: RecordingFolder, scrubber: Scrubber
) -> RecordedFile:
    recorded = RecordedFile(name, before)
    if not os.path.lexists(path):
        return recorded
    data = content_of(path)
    if data is None or len(data) > _LONGEST:
        # To search more for secrets would stop the kernel for seconds.
        return RecordedFile(name, withheld=f"it is no plain file of up to {_LONGEST // 1000} kB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return RecordedFile(name, withheld="it is no text")
    if scrubber.has_secret(text):
        return RecordedFile(name, withheld="it seems to have a secret in it")
    recorded.after = digest(data)
    recorded.content = recording.add_content(data, os.path.basename(path))
    return recorded
