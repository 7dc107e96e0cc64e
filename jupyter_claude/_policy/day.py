"""`Day`: what this user has spent today, in all kernels together.

A file for each local day in the user's data folder has a line for each amount. Kernels only append
to it. What a running turn has cost so far is written as it becomes known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from .._paths import data_folder, make_private
from .._text import exact_line
from .shared_files import append_line


def local_now() -> datetime:
    """Return the time here, with its zone."""
    return datetime.now().astimezone()


class SpendUnreadable(Exception):
    """The file of today's spend is there, but cannot be read. The text names it, and says why."""


class Day:
    """The amounts of today.

    Parameters
    ----------
    now : callable, default `local_now`
        Returns the local time.
    """

    def __init__(self, now: Callable[[], datetime] = local_now) -> None:
        self._now = now
        self._unwritten: dict[date, float] = {}  # what no file could take, such as on a full disk
        self._read: tuple[Path, int, float] = (Path(), 0, 0.0)  # a file, read up to, its sum

    def add(self, usd: float) -> None:
        """Add an amount. A correction may be negative.

        Raises
        ------
        OSError
            If the file cannot be written. Then the amount counts in this kernel only.
        """
        today = self._now().date()
        try:
            path = self._path(today)
            make_private(path.parent)
            line = {"time": self._now().isoformat(timespec="seconds"), "usd": round(usd, 9)}
            append_line(path, json.dumps(line), 0o600)
        except OSError:
            self._unwritten[today] = self._unwritten.get(today, 0.0) + usd
            raise

    def total(self) -> float:
        """Return what was spent today, in US dollars, as far as it is known.

        Raises
        ------
        SpendUnreadable
            If the file cannot be read. Nobody knows then what other kernels have spent.
        """
        today = self._now().date()
        return self._written(self._path(today)) + self._unwritten.get(today, 0.0)

    def ends(self) -> datetime:
        """Return when the next day begins."""
        tomorrow = self._now().date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day).astimezone()

    @property
    def now(self) -> datetime:
        """The time here."""
        return self._now()

    def _path(self, day: date) -> Path:
        return data_folder() / "spend" / f"{day.isoformat()}.jsonl"

    def _written(self, path: Path) -> float:
        known, start, total = self._read
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if known != path or size < start:
                    start, total = 0, 0.0
                file.seek(start)
                # The rest of a line that is being written is read the next time.
                data, newline, _ = file.read().rpartition(b"\n")
        except (FileNotFoundError, NotADirectoryError):  # nothing is spent, or a home that is none
            return 0.0 if known != path else total
        except OSError as error:
            shown, why = exact_line(str(path)), error.strerror or type(error).__name__
            raise SpendUnreadable(
                f"{shown}, the file of today's spend, cannot be read ({why})"
            ) from error
        for line in data.splitlines():
            total += _amount(line)
        self._read = path, start + len(data) + len(newline), total
        return total


def _amount(line: bytes) -> float:
    """Return the amount in a line; 0 if a crash left only a part of the line."""
    try:
        found = json.loads(line)
        usd = found.get("usd") if isinstance(found, dict) else None
    except ValueError:
        return 0.0
    return float(usd) if isinstance(usd, (int, float)) else 0.0
