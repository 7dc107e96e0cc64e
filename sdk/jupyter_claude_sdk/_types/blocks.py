"""The content blocks of messages.

A type that this SDK does not know becomes an `UnknownBlock`, not an error.

Source: the documented Python reference of the Agent SDK, and lines observed on the CLI.
"""

from dataclasses import dataclass
from typing import Any, Literal, Union

from .._base.repr import ShortRepr

__all__ = [
    "ContentBlock",
    "ServerToolName",
    "ServerToolResultBlock",
    "ServerToolUseBlock",
    "TextBlock",
    "ThinkingBlock",
    "ToolResultBlock",
    "ToolUseBlock",
    "UnknownBlock",
]


@dataclass(repr=False)
class TextBlock(ShortRepr):
    """Text that the model wrote.

    Attributes
    ----------
    text : str
        The text, mostly Markdown.
    """

    text: str
    type = "text"


@dataclass(repr=False)
class ThinkingBlock(ShortRepr):
    """The model's thinking.

    Attributes
    ----------
    thinking : str
        The thoughts. Empty if the model does not show them.
    signature : str, default ""
        The API's signature. Some models and gateways send none.
    """

    thinking: str
    signature: str = ""
    type = "thinking"


@dataclass(repr=False)
class ToolUseBlock(ShortRepr):
    """A tool call of the model.

    Attributes
    ----------
    id : str
        The call's id. Its `ToolResultBlock` has the same one.
    name : str
        The tool, such as ``"Bash"`` or ``"mcp__server__tool"``.
    input : dict
        The tool's arguments.
    """

    id: str
    name: str
    input: dict[str, Any]
    type = "tool_use"


@dataclass(repr=False)
class ToolResultBlock(ShortRepr):
    """The result of a tool call.

    Attributes
    ----------
    tool_use_id : str
        The id of the call, as in its `ToolUseBlock`.
    content : str, list of dict or None
        Text, or blocks in the API's form (text, images).
    is_error : bool or None
        Whether the tool failed or was refused; None if the CLI does not say.
    """

    tool_use_id: str
    content: str | list[dict[str, Any]] | None = None
    is_error: bool | None = None
    type = "tool_result"


ServerToolName = Literal[
    "advisor",
    "web_search",
    "web_fetch",
    "code_execution",
    "bash_code_execution",
    "text_editor_code_execution",
    "tool_search_tool_regex",
    "tool_search_tool_bm25",
]


@dataclass(repr=False)
class ServerToolUseBlock(ShortRepr):
    """A call of a tool that runs at the API, not on this machine.

    Attributes
    ----------
    id : str
        The call's id.
    name : str
        One of `ServerToolName`, or the name of a newer tool.
    input : dict
        The tool's arguments.
    """

    id: str
    name: ServerToolName
    input: dict[str, Any]
    type = "server_tool_use"


@dataclass(repr=False)
class ServerToolResultBlock(ShortRepr):
    """The result of a tool that runs at the API.

    Attributes
    ----------
    tool_use_id : str
        The id of the call, as in its `ServerToolUseBlock`.
    content : dict or list of dict
        The result in the tool's own form. A search has a list.
    type : str
        The block's type on the wire, such as ``"web_search_tool_result"``.
    """

    tool_use_id: str
    content: dict[str, Any] | list[dict[str, Any]]
    type: str = "advisor_tool_result"


@dataclass(repr=False)
class UnknownBlock(ShortRepr):
    """A block of a type that this SDK has no class for.

    Attributes
    ----------
    type : str
        The block's type on the wire; "" if it has none.
    data : dict
        The whole block.
    """

    type: str
    data: dict[str, Any]


ContentBlock = Union[
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    ToolResultBlock,
    ServerToolUseBlock,
    ServerToolResultBlock,
    UnknownBlock,
]
