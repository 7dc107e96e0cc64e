"""What a policy says about one choice. Each function returns one line, or "" if it is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from .._text import exact_line
from .policy import KERNEL_MODES, Policy
from .values import matches

_SAYS = "The administrator's policy"
#: A command of Claude Code, and what follows it.
_COMMAND = re.compile(r"/([A-Za-z][\w-]*)(?:\s+(.*))?\Z", re.DOTALL)


def refused_kernel(policy: Policy, mode: str) -> str:
    """Return why a kernel mode is not allowed."""
    if mode in allowed_kernels(policy):
        return ""
    return (
        f"{_SAYS} allows the kernel modes {', '.join(allowed_kernels(policy))}, not {mode!r}: "
        f"%claude kernel {policy.kernel}"
    )


def allowed_kernels(policy: Policy) -> tuple[str, ...]:
    """Return the kernel modes that are allowed, the strictest first."""
    if policy.kernel is None:
        return KERNEL_MODES
    return KERNEL_MODES[: KERNEL_MODES.index(policy.kernel) + 1]


def refused_mode(policy: Policy, mode: str) -> str:
    """Return why a permission mode is not allowed."""
    allowed = policy.permission_modes
    if allowed is None or mode in allowed:
        return ""
    return (
        f"{_SAYS} allows the permission modes {', '.join(allowed)}, not {mode!r}: "
        f"%claude mode {allowed[0]}"
    )


def refused_model(policy: Policy, name: str | None) -> str:
    """Return why a model is not allowed; no name means the policy's own default."""
    allowed = policy.models
    if allowed is None:
        return ""
    names = ", ".join(map(exact_line, allowed))
    if name in (None, "", "default"):
        if default_model(policy) is not None:
            return ""
        return f"{_SAYS} allows only the models {names}; choose one with %claude model NAME"
    assert name is not None
    if matches(name.strip().lower(), [one.lower() for one in allowed]):
        return ""
    return f"{_SAYS} allows only the models {names}, not {exact_line(name)[:80]!r}"


def default_model(policy: Policy) -> str | None:
    """Return the model that is used if the user chooses none; None if Claude Code chooses."""
    return next((name for name in policy.models or () if "*" not in name), None)


def refused_folders(policy: Policy, folders: Iterable[str | os.PathLike[str]]) -> str:
    """Return why Claude may not work in these folders."""
    allowed = policy.folders
    if allowed is None:
        return ""
    for folder in folders:
        real = Path(os.path.realpath(Path(folder).expanduser()))
        if not any(real.is_relative_to(one) for one in allowed):
            return (
                f"{_SAYS} lets Claude work only in {', '.join(exact_line(str(f)) for f in allowed)}"
                f", not in {exact_line(str(real))}"
            )
    return ""


def refused_command(policy: Policy, prompt: str) -> str:
    """Return why a prompt may not be sent that is a command of Claude Code's own."""
    command = _COMMAND.match(prompt)
    if command is None:
        return ""
    name, rest = command[1].lower(), (command[2] or "").strip()
    if name == "model" and rest and policy.models is not None:
        # Here "default" is Claude Code's own default, and not the policy's.
        return refused_model(policy, rest if rest.lower() != "default" else "default (of /model)")
    if name in ("config", "settings"):
        for key, limited in (("model", policy.models), ("permissionMode", policy.permission_modes)):
            if limited is not None and re.search(rf"\b{key}\b", rest, re.IGNORECASE):
                return f"{_SAYS} limits {key}, so /{name} cannot set it; use %claude model or mode"
    return ""


def refused_cli(policy: Policy, path: str | os.PathLike[str] | None) -> str:
    """Return why this Claude Code may not be started; no path means the policy's own."""
    allowed = policy.cli_path
    if allowed is None or not path:
        return ""
    if os.path.realpath(Path(path).expanduser()) == os.path.realpath(allowed):
        return ""
    return (
        f"{_SAYS} starts only {exact_line(str(allowed))}, not {exact_line(str(path))}: "
        "claude.settings.cli_path = ''"
    )


def missing_cli(policy: Policy) -> str:
    """Return why the policy's own Claude Code cannot be started, if it is not there."""
    path = policy.cli_path
    if path is None or os.path.isfile(path):
        return ""
    return (
        f"{_SAYS} starts only {exact_line(str(path))}, which does not exist or is closed to your "
        "user; ask the administrator to correct cli_path"
    )


def refused_rules(policy: Policy, rules: Iterable[str], where: str) -> str:
    """Return why there may be no rules that always allow something."""
    first = next(iter(rules), None)
    if policy.always_allow or first is None:
        return ""
    return (
        f"{_SAYS} lets no tool run without a request, so {where} cannot have "
        f"{exact_line(str(first))[:80]!r}"
    )
