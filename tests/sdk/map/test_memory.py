"""How many processes fit into the memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_claude_sdk._map.memory import PER_PROCESS, free_memory, has_room

pytestmark = pytest.mark.pure
GIB = 1024**3


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("groups", "files", "free"),
    [
        pytest.param("", {}, 8 * GIB, id="no container"),
        pytest.param(
            "0::/a/b\n",
            {
                "a/memory.max": f"{2 * GIB}",
                "a/memory.current": f"{GIB + 500}",
                "a/memory.stat": "anon 7\ninactive_file 500\n",
                "a/b/memory.max": "max",
                "a/b/memory.current": "1",
                "a/b/memory.stat": "",
            },
            GIB,
            id="a limit above",
        ),
        pytest.param(
            "5:cpu,memory:/x\n2:cpu:/y\n",
            {
                "memory/x/memory.limit_in_bytes": f"{GIB}",
                "memory/x/memory.usage_in_bytes": f"{2 * GIB}",
                "memory/x/memory.stat": "total_inactive_file 0\n",
            },
            0,
            id="version 1, full",
        ),
    ],
)
def test_a_container_has_less_than_the_machine(
    groups: str, files: dict[str, str], free: int, tmp_path: Path
) -> None:
    """The container would be killed, and the notebook with it."""
    _write(tmp_path / "proc", {"meminfo": f"MemFree: 1 kB\nMemAvailable: {8 * 1024**2} kB\n"})
    _write(tmp_path / "proc", {"self/cgroup": groups})
    _write(tmp_path / "groups", files)
    assert free_memory(tmp_path / "proc", tmp_path / "groups") == free


def test_a_process_needs_its_room() -> None:
    """A machine that does not tell would have no process, or a full one too many."""
    assert has_room(None)
    assert has_room(PER_PROCESS)
    assert not has_room(PER_PROCESS - 1)
