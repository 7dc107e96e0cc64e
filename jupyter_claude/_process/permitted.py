"""Holds what goes to Claude Code to the administrator's policy, at each start and each change."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .._policy import options as checked_options
from .._policy import rules
from .._policy.policy import KERNEL_MODES, load_policy
from .._settings import Settings
from .._turns.errors import ClaudeError

if TYPE_CHECKING:
    from jupyter_claude_sdk import ClaudeAgentOptions

Mode = TypeVar("Mode", bound=str)


def permitted_options(
    options: ClaudeAgentOptions,
    variables: Mapping[str, str] | None = None,
    *,
    practicing: bool = False,
) -> ClaudeAgentOptions:
    """Return the options with which Claude Code may start.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The options that the user's settings make.
    variables : mapping of str to str, optional
        All of Claude Code's variables. Default: this process's own and those of the options.
    practicing : bool, default False
        Whether the practice model answers, which has a folder of its own.

    Raises
    ------
    ClaudeError
        If the policy does not allow one of them. The line says which.
    """
    policy = load_policy()
    if not policy.files:
        return options
    if variables is None:
        variables = {**os.environ, **options.env}
    if practicing:
        policy = dataclasses.replace(policy, folders=None)
    refuse(checked_options.refused(policy, options, variables))
    refuse(rules.missing_cli(policy))
    return checked_options.obeying(policy, options)


def permitted_rows(
    options: ClaudeAgentOptions,
    tools: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
) -> ClaudeAgentOptions:
    """Return the options with which rows may be asked.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The options of the batch.
    tools : sequence of str
        The permission rules of the rows' tools.
    folder : path-like, optional
        Where the rows' folders are made.

    Raises
    ------
    ClaudeError
        If the policy does not allow one of them.
    """
    policy = load_policy()
    refuse(rules.refused_rules(policy, tools, "tools"))
    refuse(rules.refused_folders(policy, () if folder is None else [folder]))
    return permitted_options(options)


def permitted_model(name: str | None) -> str | None:
    """Return a model that Claude Code may be told: this one, or the policy's own for no name.

    Raises
    ------
    ClaudeError
        If the policy does not allow it.
    """
    policy = load_policy()
    refuse(rules.refused_model(policy, name))
    own = rules.default_model(policy)
    return own if own is not None and name in (None, "", "default") else name


def permitted_mode(mode: Mode) -> Mode:
    """Return a permission mode that Claude Code may be told.

    Raises
    ------
    ClaudeError
        If the policy does not allow it.
    """
    refuse(rules.refused_mode(load_policy(), mode))
    return mode


def check_prompt(prompt: object) -> None:
    """Check that a prompt is no command that goes around the policy, such as ``/model``.

    Parameters
    ----------
    prompt : str or dict
        A text, or a message of the user with its content.

    Raises
    ------
    ClaudeError
        If it is one.
    """
    policy = load_policy()
    if policy.files:
        for text in _texts(prompt):
            refuse(rules.refused_command(policy, text))


def _texts(prompt: object) -> Iterator[str]:
    if isinstance(prompt, str):
        yield prompt
    elif isinstance(prompt, dict):
        yield from _texts(prompt.get("message"))
        yield from _texts(prompt.get("content"))
        yield from _texts(prompt.get("text"))
    elif isinstance(prompt, list):
        for part in prompt:
            yield from _texts(part)


def permitted_kernel(mode: str) -> str:
    """Return a kernel mode that the user may choose.

    Raises
    ------
    ClaudeError
        If the policy does not allow it.
    """
    refuse(rules.refused_kernel(load_policy(), mode))
    return mode


def chosen_cli(path: str | None) -> str | None:
    """Return the path of the CLI that the user, or else the policy, names; None: search."""
    named = load_policy().cli_path
    return path or (None if named is None else str(named))


def find_permitted_cli(path: str | None) -> Path:
    """Find the CLI that the user, or else the policy, names, or else the first in the search.

    Raises
    ------
    CLINotFoundError
        If there is none.
    """
    from jupyter_claude_sdk import CLINotFoundError
    from jupyter_claude_sdk.lowlevel import find_cli

    missing = "" if path else rules.missing_cli(load_policy())
    if missing:
        raise CLINotFoundError(missing)  # a user cannot mend what the policy names
    return find_cli(chosen_cli(path))


def adapt(settings: Settings) -> None:
    """Give the settings that the user has not chosen a value that the policy allows."""
    policy = load_policy()
    if settings.kernel == Settings.kernel.default_value and policy.kernel is not None:
        settings.kernel = min(settings.kernel, policy.kernel, key=KERNEL_MODES.index)
    modes = policy.permission_modes
    if modes is not None and "default" not in modes and settings.permission_mode == "default":
        settings.permission_mode = modes[0]


def refuse(line: str) -> None:
    """Raise an error with a line, if there is one."""
    if line:
        raise ClaudeError(line)
