"""Checks the options with which Claude Code would start: the last place before each start.

Whatever sets an option, a trait, a magic, the panel or ``settings.options``, it ends here.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from . import rules
from .policy import Policy

if TYPE_CHECKING:
    from jupyter_claude_sdk import ClaudeAgentOptions

#: Variables that choose what a model's alias means, or a model for parts of the work.
_MODEL_VARIABLES = re.compile(
    r"ANTHROPIC_(?:DEFAULT_[A-Z0-9]+|SMALL_FAST)_MODEL|CLAUDE_CODE_SUBAGENT_MODEL"
)
#: Flags that neither choose nor allow anything. With a policy there are no others.
_HARMLESS_FLAGS = frozenset(["debug", "debug-file", "debug-to-stderr", "verbose"])
#: The settings by which Claude Code itself holds commands, skills and subagents to the models.
_MODELS, _ENFORCE = "availableModels", "enforceAvailableModels"
_SAYS = "The administrator's policy"


def refused(policy: Policy, options: ClaudeAgentOptions, variables: Mapping[str, str]) -> str:
    """Return why Claude Code may not start with these options, in one line; "" if it may.

    Parameters
    ----------
    policy : Policy
        The policy.
    options : ClaudeAgentOptions
        The options, after all settings of the user.
    variables : mapping of str to str
        All variables that Claude Code gets.
    """
    return next(filter(None, _refusals(policy, options, variables)), "")


def refused_others(policy: Policy, options: ClaudeAgentOptions) -> str:
    """Return why options without a setting of their own are refused; "" if they are not."""
    return next(filter(None, _others(policy, options)), "")


def obeying(policy: Policy, options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    """Return the options with what the policy chooses where the user chose nothing."""
    chosen: dict[str, Any] = {}
    if not options.model and policy.models is not None:
        chosen["model"] = rules.default_model(policy)
    if policy.cli_path is not None:
        chosen["cli_path"] = str(policy.cli_path)
    if policy.models is not None:
        chosen["settings"] = _enforcing(policy.models)
    return dataclasses.replace(options, **chosen) if chosen else options


def _enforcing(models: tuple[str, ...]) -> str | None:
    """Return settings with which Claude Code takes no other models; None if it cannot know them.

    Without this a command, a skill or a subagent of a file brings its own model.
    """
    # Claude Code knows no patterns, and would ask for a model of that name.
    if any("*" in name for name in models):
        return None
    return json.dumps({_MODELS: list(models), _ENFORCE: True})


def _is_enforcing(settings: str | os.PathLike[str]) -> bool:
    """Whether settings are such, of this policy or of an earlier one."""
    try:
        found = json.loads(settings) if isinstance(settings, str) else None
    except ValueError:
        return False
    return isinstance(found, dict) and found.keys() == {_MODELS, _ENFORCE}


def _refusals(
    policy: Policy, options: ClaudeAgentOptions, variables: Mapping[str, str]
) -> Iterator[str]:
    yield from (fault.line for fault in policy.faults)
    agents = options.agents or {}
    yield rules.refused_mode(policy, options.permission_mode or "default")
    for agent in agents.values():
        if agent.permissionMode is not None:
            yield rules.refused_mode(policy, agent.permissionMode)
    yield from _models(policy, options, variables)
    yield rules.refused_folders(policy, filter(None, [options.cwd, *options.add_dirs]))
    yield rules.refused_cli(policy, options.cli_path)
    yield rules.refused_rules(policy, options.allowed_tools, "allowed_tools")
    yield from _others(policy, options)


def _others(policy: Policy, options: ClaudeAgentOptions) -> Iterator[str]:
    if policy.models is not None:
        for name in (options.fallback_model or "").split(","):
            if name.strip():
                said = rules.refused_model(policy, name)
                yield said and f"{said} (fallback_model)"
    if options.skills is not None:
        skills = [options.skills] if isinstance(options.skills, str) else options.skills
        yield rules.refused_rules(policy, skills, "skills")
    if _limits_options(policy):
        for flag in options.extra_args:
            if flag.lstrip("-") not in _HARMLESS_FLAGS:
                yield f"{_SAYS} does not let extra_args have {flag!r:.80}"
        if options.settings is not None and not _is_enforcing(options.settings):
            yield f"{_SAYS} does not let the option 'settings' bring other settings"
        if options.permission_prompt_tool_name is not None:
            yield f"{_SAYS} does not let a tool answer permission requests"


def _models(
    policy: Policy, options: ClaudeAgentOptions, variables: Mapping[str, str]
) -> Iterator[str]:
    if policy.models is None:
        return
    yield rules.refused_model(policy, options.model)
    for agent in (options.agents or {}).values():
        if agent.model not in (None, "inherit"):
            yield rules.refused_model(policy, agent.model)
    for variable, value in variables.items():
        if value and _MODEL_VARIABLES.fullmatch(variable):
            said = rules.refused_model(policy, value)
            yield said and f"{said} ({variable})"


def _limits_options(policy: Policy) -> bool:
    """Whether a flag or a settings file could go around what the policy says."""
    limited = (policy.permission_modes, policy.models, policy.folders)
    return not policy.always_allow or any(one is not None for one in limited)
