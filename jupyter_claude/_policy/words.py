"""A policy in words, for the doctor and ``%claude status``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from .._text import exact_line
from .day import SpendUnreadable
from .policy import Policy
from .rules import default_model
from .spending import dollars


def limits(policy: Policy, spent_today: Callable[[], float]) -> Iterator[tuple[str, str]]:
    """Yield the key and the words of each limit; nothing without a policy.

    Parameters
    ----------
    policy : Policy
        The policy.
    spent_today : callable
        Returns what the user has spent today, in US dollars, or raises `SpendUnreadable`.
    """
    for file in policy.files:
        yield "file", exact_line(str(file))
    if policy.kernel is not None:
        yield "kernel", f"at most {policy.kernel}"
    if policy.permission_modes is not None:
        yield "permission modes", ", ".join(policy.permission_modes)
    if policy.models is not None:
        first = default_model(policy)
        usual = f" ({exact_line(first)} if you choose none)" if first else " (you must choose one)"
        yield "models", ", ".join(map(exact_line, policy.models)) + usual
    if policy.budget_usd_per_day is not None:
        yield "budget a day", of_the_day(policy.budget_usd_per_day, spent_today)
    elif policy.files:
        yield "spent today", f"{_spent(spent_today)}, in all kernels; no limit"
    if not policy.always_allow:
        yield "always allow", "no: each tool call that needs a permission asks"
    if policy.folders is not None:
        yield "folders", ", ".join(exact_line(str(folder)) for folder in policy.folders)
    if policy.cli_path is not None:
        yield "Claude Code", exact_line(str(policy.cli_path))
    if policy.keep_alive_minutes is not None:
        yield "kept alive", f"a request or a turn, for {in_minutes(policy.keep_alive_minutes)}"
    for path in (*policy.spend_log, *policy.spend_metrics):
        yield "each turn's cost goes to", exact_line(str(path))


def in_minutes(amount: float) -> str:
    """Return a time in minutes, in words."""
    return f"{amount:g} {'minute' if amount == 1 else 'minutes'}"


def of_the_day(limit: float, spent_today: Callable[[], float]) -> str:
    """Return in words what is spent of the budget of a day, and what is left.

    Parameters
    ----------
    limit : float
        The budget, in US dollars.
    spent_today : callable
        Returns what the user has spent today, or raises `SpendUnreadable`.
    """
    said = f"{_spent(spent_today)} of {dollars(limit)} spent today, in all kernels"
    try:
        return f"{said}; {dollars(max(0.0, limit - spent_today()))} left"
    except SpendUnreadable:
        return said


def _spent(spent_today: Callable[[], float]) -> str:
    try:
        return dollars(spent_today())
    except SpendUnreadable as error:
        return f"an unknown amount ({error})"


def not_writable(policy: Policy) -> Iterator[str]:
    """Yield each file for the turns' costs that this user cannot write, in words.

    Parameters
    ----------
    policy : Policy
        The limits.
    """
    for path in policy.spend_log:
        if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
            yield f"{exact_line(str(path))} cannot be written"
    for path in policy.spend_metrics:  # the file is replaced as a whole
        if not os.access(path.parent, os.W_OK):
            yield f"{exact_line(str(path))} cannot be written"
