"""A policy in words, for the doctor and ``%claude status``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

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
        # If the amount is not known, doctor and status say why as a problem.
        yield "budget a day", of_the_day(policy.budget_usd_per_day, spent_today, why=False)
    elif policy.files:
        try:
            spent = dollars(spent_today())
        except SpendUnreadable as error:
            spent = f"an unknown amount ({error})"
        yield "spent today", f"{spent}, in all kernels; no limit"
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


def of_the_day(limit: float, spent_today: Callable[[], float], *, why: bool = True) -> str:
    """Return in words what is spent of the budget of a day, and what is left.

    Parameters
    ----------
    limit : float
        The budget, in US dollars.
    spent_today : callable
        Returns what the user has spent today, or raises `SpendUnreadable`.
    why : bool, default True
        Whether to say why the amount is not known.
    """
    try:
        spent = spent_today()
    except SpendUnreadable as error:
        amount = f"an unknown amount ({error})" if why else "an unknown amount"
        return f"{amount} of {dollars(limit)} spent today, in all kernels"
    left = dollars(max(0.0, limit - spent))
    return f"{dollars(spent)} of {dollars(limit)} spent today, in all kernels; {left} left"


def not_writable(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Yield each file for the turns' costs that this user cannot write, and that in words.

    Parameters
    ----------
    policy : Policy
        The limits.
    """
    for path in policy.spend_log:
        if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
            yield path, f"{exact_line(str(path))} cannot be written"
    for path in policy.spend_metrics:  # the file is replaced as a whole
        if not os.access(path.parent, os.W_OK):
            yield path, f"{exact_line(str(path))} cannot be written"
