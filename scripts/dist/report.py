"""What a check found, and the table of all checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

SHOWN = 20  # faults of one check


@dataclass(frozen=True)
class Check:
    """The result of one check. `faults` has a line for each thing that must not be so."""

    name: str
    faults: Sequence[str] = ()
    looked_at: str = ""
    skipped: str = ""
    seconds: float = 0

    @property
    def result(self) -> str:
        """The result in a word or two."""
        if self.faults:
            return f"FAULT: {len(self.faults)}"
        return self.skipped or "ok"


@dataclass(frozen=True)
class Found:
    """What the function of a check returns."""

    faults: Sequence[str] = ()
    looked_at: str = ""
    skipped: str = ""


def run(name: str, check: Callable[[], Found]) -> Check:
    """Run a check. What it cannot do is a fault, too, so that the others run."""
    print(f"dist: {name}", flush=True)
    started = time.monotonic()
    try:
        found = check()
    except (Exception, SystemExit) as error:
        found = Found([f"{type(error).__name__}: {error}"])
    seconds = time.monotonic() - started
    return Check(name, found.faults, found.looked_at, found.skipped, seconds)


def details(checks: Iterable[Check]) -> str:
    """Return the faults of each check that has some."""
    lines: list[str] = []
    for check in checks:
        if check.faults:
            lines += ["", f"== {check.name}", *(f"  {fault}" for fault in check.faults[:SHOWN])]
            if len(check.faults) > SHOWN:
                lines.append(f"  … and {len(check.faults) - SHOWN} more")
    return "\n".join(lines)


def table(checks: Iterable[Check]) -> str:
    """Return the table, with a row for each check."""
    rows = [("check", "looked at", "seconds", "result")]
    rows += [(each.name, each.looked_at, f"{each.seconds:.0f}", each.result) for each in checks]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def status(checks: Iterable[Check]) -> int:
    """Return the exit status: 1 if there is a fault."""
    return 1 if any(check.faults for check in checks) else 0
