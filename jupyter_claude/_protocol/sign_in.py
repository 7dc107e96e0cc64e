"""The messages between the kernel and views of the sign-in, in a panel or in a widget."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._signin.sign_in import Stage


class SignInState(TypedDict):
    """The state of the sign-in."""

    stage: Stage
    text: str
    """The state in a sentence."""
    link: str
    """The address of the sign-in page; "" if there is none."""
    problem: str
    """What went wrong, in one line."""
    progress: str
    """The last line of an installation."""
    console: bool
    """Whether the link leads to the Anthropic Console."""


class SignInNews(TypedDict):
    """The new state of the sign-in."""

    type: Literal["signin"]
    state: SignInState


class SignInProblem(TypedDict):
    """What is wrong with a key that the user gave."""

    type: Literal["signin_problem"]
    text: str


SignInFromKernel = TypeAliasType("SignInFromKernel", Union[SignInNews, SignInProblem])


class SignInAction(TypedDict):
    """Asks for the state, chooses the practice model, installs Claude Code, or cancels."""

    type: Literal["signin"]
    do: Literal["hello", "practice", "install", "cancel"]


class SignInLogin(TypedDict):
    """Starts Claude Code's own sign-in."""

    type: Literal["signin"]
    do: Literal["login"]
    console: bool


class SignInSecret(TypedDict):
    """The code from the sign-in page, or a key. No message from the kernel repeats it."""

    type: Literal["signin"]
    do: Literal["code", "key"]
    text: str


SignInFromPage = TypeAliasType("SignInFromPage", Union[SignInAction, SignInLogin, SignInSecret])
