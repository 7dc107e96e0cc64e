"""Compares listings: what is new, what is gone, and what is different."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STORED = Path(__file__).with_name("stored")

Listing = Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """What became of one thing; `was` and `now` are None where there is none."""

    path: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        if self.was is None:
            return f"new        {self.path}: {self.now}"
        if self.now is None:
            return f"gone       {self.path}: {self.was}"
        return f"different  {self.path}: {self.was} → {self.now}"


def compare(was: Listing, now: Listing) -> list[Difference]:
    """Return the differences, sorted by path."""
    return [
        Difference(path, was.get(path), now.get(path))
        for path in sorted({*was, *now})
        if was.get(path) != now.get(path)
    ]


def stored(name: str, folder: Path = STORED) -> tuple[str, dict[str, str]]:
    """Return the version that a stored listing is of, and the listing."""
    held = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return held["version"], held["listing"]


def store(name: str, version: str, listing: Listing, folder: Path = STORED) -> None:
    """Store a listing, sorted and indented, so that Git shows each change as a line."""
    held = {"version": version, "listing": dict(listing)}
    text = json.dumps(held, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")
