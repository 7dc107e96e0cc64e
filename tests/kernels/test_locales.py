"""A kernel whose locale is not UTF-8, and files whose names its encoding does not have."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cli,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are UTF-8 elsewhere"),
]


@pytest.fixture
def anyio_backend() -> str:
    """Kernels run on asyncio."""
    return "asyncio"


NAME = "日本.txt"
FOLDER = "wörk"
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "write",
        "replies": [
            [{"tool": "Write", "input": {"file_path": NAME, "content": "x\n"}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "edit",
        "replies": [
            [
                {
                    "tool": "Edit",
                    "input": {"file_path": NAME, "old_string": "x", "new_string": "é"},
                }
            ],
            [{"text": "done"}],
        ],
    },
]

#: Both as a system without locales has it; Python itself would change to UTF-8 there.
LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


async def test_files_are_rewound_whatever_the_locale(
    claude_kernel: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise rewinding is a UnicodeEncodeError for good, once Claude has written such a file."""
    for name, value in LOCALE.items():
        monkeypatch.setenv(name, value)
    async with claude_kernel(SCRIPT) as kernel:
        cell = await kernel.run_ok("import os, sys; print(sys.getfilesystemencoding())")
        assert cell.stdout == "ascii\n"
        await kernel.run_ok(
            f"folder = os.fsdecode({FOLDER!r}.encode()); os.mkdir(folder); os.chdir(folder)\n"
            "claude.settings.permission_mode = 'acceptEdits'"
        )
        await kernel.run_ok("%%claude\nwrite")
        await kernel.run_ok("%%claude\nedit")
        cell = await kernel.run_ok("(file,) = claude.history[0].files; print(os.path.exists(file))")
        assert cell.stdout == "True\n"
        cell = await kernel.run_ok("%claude status")
        assert FOLDER in str(cell.shown)
        cell = await kernel.run_ok("print(claude.conversations())")
        assert "write" in cell.stdout
        cell = await kernel.run_ok("print(await claude.rewind(2))")
        assert f"restore {NAME} +1 −1" in cell.stdout
        cell = await kernel.run_ok("print(open(file).read())")
        assert cell.stdout == "x\n\n"
        await kernel.run_ok("await claude.undo_rewind(); print(open(file, 'a').write('mine'))")
        cell = await kernel.run_ok(
            f"plan = await claude.rewind(1, include=[{NAME!r}]); print(plan)\n"
            "from jupyter_claude._views.protocol import plan_view\n"
            "print(plan_view(plan)['files'][0]['path']); print(os.listdir())"
        )
        lines = cell.stdout.splitlines()
        assert f"delete {NAME}" in cell.stdout
        assert lines[-2].endswith(f"/{FOLDER}/{NAME}")
        assert lines[-1] == "[]"
