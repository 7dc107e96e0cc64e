"""Makes items and messages of a turn of a recorded turn, with new ids."""

from __future__ import annotations

import base64
import uuid
from typing import Any, Literal, cast

from jupyter_claude_sdk import (
    AssistantMessage,
    ContentBlock,
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from jupyter_claude_sdk.lowlevel import (
    RecordedAttachment,
    RecordedCall,
    RecordedImage,
    RecordedNotice,
    RecordedText,
    RecordedTurn,
    RecordingFolder,
)

from .._turns.items import (
    Attached,
    Item,
    Level,
    Notice,
    TextItem,
    ThinkingItem,
    Todo,
    ToolCall,
    ToolImage,
    ToolState,
)
from .._turns.ran_code import BoundName, RanCode
from .._turns.todos import TOOLS

_STATES = ("done", "failed", "denied", "stopped")
_LEVELS = ("info", "warning", "error")
_EFFECTS = ("new", "replaced", "changed", "deleted")
_COPIED = "; a copy was kept"


def call_id(turn_id: str, position: int) -> str:
    """Return the id of a replayed call: the same for its card and its messages."""
    return f"toolu_{_new(turn_id, 'call', position).hex[:24]}"


def items_of(
    recorded: RecordedTurn, recording: RecordingFolder, turn_id: str, folder: str
) -> list[Item]:
    """Return what views show of a recorded turn, one item for each recorded one.

    Parameters
    ----------
    recorded : RecordedTurn
        The turn, with this machine's folders.
    recording : RecordingFolder
        Has its pictures.
    turn_id : str
        The id of the turn that shows it.
    folder : str
        Where Claude works.

    Raises
    ------
    RecordingError
        If a picture is missing or damaged.
    """
    found: list[Item] = []
    for position, item in enumerate(recorded.items, 1):
        id = f"{turn_id}-{position}"
        if isinstance(item, RecordedNotice):
            level = item.level if item.level in _LEVELS else "info"
            found.append(Notice(id, item.text, cast(Level, level)))
        elif isinstance(item, RecordedAttachment):
            images = _images(item.images, recording)
            found.append(Attached(id, item.name, item.title, item.text, images, item.note))
        elif isinstance(item, RecordedText):
            kind = ThinkingItem if item.thinking else TextItem
            found.append(kind(id, item.text, _parent(turn_id, item.parent)))
        else:
            found.append(_call(item, position, recording, turn_id, folder))
    return found


def messages_of(recorded: RecordedTurn, recording: RecordingFolder, turn_id: str) -> list[Message]:
    """Return a recorded turn as messages of the model, and of the tools' results.

    Each has a uuid of its own. One message has all blocks of one answer of the model.

    Parameters
    ----------
    recorded, recording, turn_id
        As for `items_of`.

    Raises
    ------
    RecordingError
        If a picture is missing or damaged.
    """
    return _Messages(recorded, recording, turn_id).made()


def code_of(recorded: RecordedTurn) -> list[RanCode]:
    """Return the recorded code, for a turn that does not run it again."""
    return [
        RanCode(one.code, one.why, 0.0, tuple(map(_bound, one.bound)), one.error)
        for one in recorded.code
    ]


# --- items --------------------------------------------------------------------------------------


def _new(turn_id: str, kind: str, position: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{turn_id}/{kind}/{position}")


def _parent(turn_id: str, position: int) -> str:
    return call_id(turn_id, position) if position else ""


def _call(
    item: RecordedCall, position: int, recording: RecordingFolder, turn_id: str, folder: str
) -> ToolCall:
    state = item.state if item.state in _STATES else "done"
    return ToolCall(
        call_id(turn_id, position),
        item.name,
        item.input,
        cast(ToolState, state),
        item.output,
        item.note,
        _parent(turn_id, item.parent),
        images=_images(item.images, recording),
        progress=item.progress,
        background=item.background,
        ran=item.ran,
        diff=item.diff,
        todos=[_todo(one) for one in item.todos],
        hidden=item.hidden and item.name in TOOLS,  # only calls for a to-do list
        said=item.said,
        folder=folder,
        edited=item.edited,
        answers=item.answers,
        live=item.live,
    )


def _todo(data: dict[str, Any]) -> Todo:
    status = data.get("status")
    known: Literal["to do", "in progress", "done"]
    known = "done" if status == "done" else "in progress" if status == "in progress" else "to do"
    return {"content": str(data.get("content", "")), "status": known}


def _images(images: list[RecordedImage], recording: RecordingFolder) -> list[ToolImage]:
    return [ToolImage(_media_type(one.file), _data(one, recording), one.alt) for one in images]


def _media_type(name: str) -> str:
    suffix = name.rpartition(".")[2]
    return f"image/{suffix if suffix in ('png', 'jpeg', 'gif', 'webp') else 'png'}"


def _data(image: RecordedImage, recording: RecordingFolder) -> str:
    return base64.b64encode(recording.image(image.file)).decode("ascii")


def _bound(text: str) -> BoundName:
    """Return what code did to a name, from its words: ``df (replaced DataFrame, 2 rows)``."""
    name, _, rest = text.partition(" (")
    rest = rest.removesuffix(")")
    copied = rest.endswith(_COPIED)
    effect, _, what = rest.removesuffix(_COPIED).partition(" ")
    for known in _EFFECTS:
        if effect == known:
            return BoundName(
                name,
                cast('Literal["new", "replaced", "changed", "deleted"]', known),
                what,
                copied=copied,
            )
    return BoundName(name, "new")


# --- messages -----------------------------------------------------------------------------------


class _Messages:
    """Makes the messages of one turn.

    The results of calls come before the next answer of the same speaker: Claude, or a subagent.
    """

    def __init__(self, recorded: RecordedTurn, recording: RecordingFolder, turn_id: str) -> None:
        self._recorded = recorded
        self._recording = recording
        self._turn_id = turn_id
        self._made: list[Message] = []
        self._waiting: dict[int, list[int]] = {}  # calls without a result yet, by their parent

    def made(self) -> list[Message]:
        last: tuple[int, int] | None = None  # the parent and the reply of the last message
        for position, item in enumerate(self._recorded.items, 1):
            if not isinstance(item, (RecordedText, RecordedCall)):
                continue
            if self._is_value(item):
                continue
            if last != (item.parent, item.reply) or not item.reply:
                self._give_results(item.parent)
                self._add_answer(item, position)
                last = (item.parent, item.reply)
            answer = self._made[-1]
            assert isinstance(answer, AssistantMessage)
            answer.content.append(self._block(item, position))
            if isinstance(item, RecordedCall):
                self._waiting.setdefault(item.parent, []).append(position)
        self._give_results(0)
        return self._made

    def _is_value(self, item: RecordedText | RecordedCall) -> bool:
        """Whether a text is the value, which views show. No model wrote it so."""
        return (
            isinstance(item, RecordedText)
            and not item.reply
            and self._recorded.has_value
            and item.text.startswith("```json\n")
        )

    def _add_answer(self, item: RecordedText | RecordedCall, position: int) -> None:
        id = _new(self._turn_id, "message", position)
        self._made.append(
            AssistantMessage(
                [],
                self._recorded.model if item.reply else "<synthetic>",
                _parent(self._turn_id, item.parent) or None,
                message_id=f"msg_{id.hex[:24]}",
                uuid=str(id),
            )
        )

    def _block(self, item: RecordedText | RecordedCall, position: int) -> ContentBlock:
        if isinstance(item, RecordedCall):
            return ToolUseBlock(call_id(self._turn_id, position), item.name, item.input)
        return ThinkingBlock(item.text) if item.thinking else TextBlock(item.text)

    def _give_results(self, parent: int) -> None:
        blocks: list[ContentBlock] = []
        positions = self._waiting.pop(parent, [])
        for position in positions:
            self._give_results(position)  # of the subagent's own calls
            blocks.append(self._result(position))
        if blocks:
            id = _new(self._turn_id, "results", positions[0])
            above = _parent(self._turn_id, parent) or None
            self._made.append(UserMessage(blocks, str(id), above))

    def _result(self, position: int) -> ToolResultBlock:
        call = self._recorded.items[position - 1]
        assert isinstance(call, RecordedCall)
        text = call.output if call.result is None else call.result
        content: str | list[dict[str, Any]] = text
        if call.images and not call.live:
            content = [{"type": "text", "text": text}] if text else []
            content += [self._image(one) for one in call.images]
        failed = call.state in ("failed", "denied", "stopped")
        return ToolResultBlock(call_id(self._turn_id, position), content, failed or None)

    def _image(self, image: RecordedImage) -> dict[str, Any]:
        data, kind = _data(image, self._recording), _media_type(image.file)
        return {
            "type": "image",
            "source": {"type": "base64", "media_type": kind, "data": data},
        }
