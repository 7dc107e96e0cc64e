"""How much memory is free for another process of the CLI."""

from __future__ import annotations

import os
from pathlib import Path

#: Bytes of one CLI that has answered some hundred prompts. It starts with 200 MiB.
PER_PROCESS = 300 * 1024 * 1024


def free_memory(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the bytes that programs can still get; None if the system does not tell.

    Parameters
    ----------
    proc, groups : Path
        Where Linux tells of its memory, and of the limits of containers.
    """
    known = [free for free in (_of_machine(proc), _of_container(proc, groups)) if free is not None]
    return min(known) if known else None


def has_room(free: int | None) -> bool:
    """Return whether another process fits into the free memory."""
    return free is None or free >= PER_PROCESS


def _of_machine(proc: Path) -> int | None:
    try:
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:  # other systems tell at most how much is unused
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_container(proc: Path, groups: Path) -> int | None:
    """Return what the limits of the control groups leave, those of the groups above too."""
    free: list[int] = []
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if kinds and "memory" not in kinds.split(","):
            continue
        root = groups / "memory" if kinds else groups
        names = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if kinds
            else ("memory.max", "memory.current", "inactive_file")
        )
        folder = root / path.strip("/")
        for one in (folder, *folder.parents):
            free += _left(one, *names)
            if one == root:
                break
    return min(free) if free else None


def _left(folder: Path, limit: str, used: str, cache: str) -> list[int]:
    try:
        most, now = int((folder / limit).read_text()), int((folder / used).read_text())
        # The system drops this cache when programs need the memory.
        for line in (folder / "memory.stat").read_text().splitlines():
            name, _, size = line.partition(" ")
            if name == cache:
                now -= int(size)
    except (OSError, ValueError):  # "max" is no number: there is no limit
        return []
    return [max(most - now, 0)]
