"""The messages between the kernel and the panel's list of conversations."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType


class ConversationRow(TypedDict):
    """A conversation in the list."""

    id: str
    title: str
    """Its title, or its first prompt, in one line."""
    time: str
    """When its last message came, in ISO 8601."""
    turns: int
    cost: str
    """What it cost in notebooks, in words; "" if that is not known."""
    mine: bool
    """Whether this notebook has had it."""
    present: bool
    """Whether it is open in this notebook."""
    excerpt: str
    """The text around what was searched for; "" if the title has it."""


class DeletedConversation(TypedDict):
    """A deleted conversation that can still come back."""

    id: str
    title: str


# --- from the kernel --------------------------------------------------------------------------


class ConversationsFound(TypedDict):
    """Some more rows of the list that a view asked for."""

    type: Literal["conversations"]
    event: Literal["found"]
    ask: str
    rows: list[ConversationRow]
    done: bool
    """Whether these are the last rows."""
    more: bool
    """Whether there may be more than the list has."""
    deleted: list[DeletedConversation]


class ConversationsDone(TypedDict):
    """The kernel has done what a view asked for."""

    type: Literal["conversations"]
    event: Literal["done"]
    ask: str
    text: str


class ConversationsError(TypedDict):
    """The kernel cannot do what a view asked for."""

    type: Literal["conversations"]
    event: Literal["error"]
    ask: str
    text: str


ConversationsFromKernel = TypeAliasType(
    "ConversationsFromKernel",
    Union[ConversationsFound, ConversationsDone, ConversationsError],
)


# --- from a page ------------------------------------------------------------------------------


class ListConversations(TypedDict):
    """Asks for the list. A newer question of the same view ends an older one."""

    type: Literal["conversations"]
    action: Literal["list"]
    ask: str
    """The question's id, which the answer repeats. The part before the "/" names the view."""
    find: str
    """What the title or a text must have; "" lists all."""
    most: int
    """How many rows at most."""


class ActOnConversation(TypedDict):
    """Continues a conversation, or a copy of it; deletes it, or brings it back."""

    type: Literal["conversations"]
    action: Literal["resume", "fork", "delete", "restore"]
    ask: str
    id: str


class RenameConversation(TypedDict):
    """Gives a conversation a title."""

    type: Literal["conversations"]
    action: Literal["rename"]
    ask: str
    id: str
    title: str


ConversationsFromPage = TypeAliasType(
    "ConversationsFromPage",
    Union[ListConversations, ActOnConversation, RenameConversation],
)
