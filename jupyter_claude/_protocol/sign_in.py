"""The messages between the kernel and views of the sign-in: on the panel's line, or their own."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from typing_extensions import TypeAliasType

from .._signin.sign_in import Stage


class SignInState(TypedDict):
    """Where the sign-in stands."""

    stage: Stage
    text: str
    """A sentence on what is."""
    link: str
    """The sign-in page; "" where there is none."""
    problem: str
    """What went wrong, in one line."""
    progress: str
    """The last line of an installation."""
    console: bool
    """Whether the page is that of the Anthropic Console."""


class SignInNews(TypedDict):
    """Where the sign-in stands now."""

    type: Literal["signin"]
    state: SignInState


class SignInProblem(TypedDict):
    """What is wrong with a key that was given."""

    type: Literal["signin_problem"]
    text: str


SignInFromKernel = TypeAliasType("SignInFromKernel", Union[SignInNews, SignInProblem])


class SignInAction(TypedDict):
    """Asks for the state, takes the practice model, installs Claude Code, or goes back."""

    type: Literal["signin"]
    do: Literal["hello", "practice", "install", "cancel"]


class SignInLogin(TypedDict):
    """Begins Claude Code's own sign-in."""

    type: Literal["signin"]
    do: Literal["login"]
    console: bool


class SignInSecret(TypedDict):
    """The code from the sign-in page, or a key. No message back repeats it."""

    type: Literal["signin"]
    do: Literal["code", "key"]
    text: str


SignInFromPage = TypeAliasType("SignInFromPage", Union[SignInAction, SignInLogin, SignInSecret])
