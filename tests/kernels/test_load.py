"""What the side bar's button runs in a kernel: it loads the installed package and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kernels.harness import REPOSITORY, RealKernel

pytestmark = pytest.mark.anyio

_SOURCE = (REPOSITORY / "labextension" / "plugin" / "load.ts").read_text("utf-8")
LOAD = re.findall(r"LOAD = `(.*?)`\.trim\(\);", _SOURCE, re.DOTALL)[0].strip()
TRAPS = ("jupyter_claude", "jupyter_claude_sdk", "orjson", "anywidget", "ipywidgets", "markdown_it")


def set_traps(folder: Path) -> Path:
    folder.mkdir()
    for name in TRAPS:
        (folder / f"{name}.py").write_text("open('sprung', 'w')\ndef load_ipython_extension(_): 0")
    return folder


def kernel_in(folder: Path) -> RealKernel:
    # As users have it: the folder comes before the packages that are installed.
    return RealKernel(cwd=folder, env={"PYTHONPATH": None})


async def test_a_folder_s_own_modules_are_not_loaded(tmp_path: Path) -> None:
    """A click in a downloaded folder would run what lies there."""
    folder = set_traps(tmp_path / "hostile")
    async with kernel_in(folder) as kernel:
        await kernel.run_ok(
            "import sys, os\nassert '' in sys.path\npath, names = sys.path[:], dir()"
        )
        await kernel.run_ok(LOAD)
        await kernel.run_ok(LOAD)  # twice is harmless
        await kernel.run_ok(
            "assert sys.path == path, 'the path is as it was'\n"
            "assert 'jupyter_claude' in get_ipython().extension_manager.loaded\n"
            "assert not [name for name in dir() if 'jupyter_claude' in name]\n"
            f"assert not sys.modules['jupyter_claude'].__file__.startswith({str(folder)!r})\n"
            "from jupyter_claude import claude\n"
            "claude.panel()"
        )
    assert not (folder / "sprung").exists()


async def test_what_was_loaded_from_the_folder_before_is_refused(tmp_path: Path) -> None:
    """The button would say that Claude is there, and it would be somebody else's code."""
    folder = set_traps(tmp_path / "hostile")
    async with kernel_in(folder) as kernel:
        await kernel.run_ok("import jupyter_claude")  # the user's own doing
        done = await kernel.run(LOAD)
        assert done.error is not None
        assert done.error["ename"] == "ImportError"
        value = done.error["evalue"]
        assert "which is not the installed package: rename that file and restart" in value
        assert "\n" not in value
        await kernel.run_ok("import sys\nassert '' in sys.path")


async def test_no_installed_package_is_said_as_such(tmp_path: Path) -> None:
    """The page would not say that jupyter-claude has to be installed."""
    hidden = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'jupyter_claude':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}')\n"
        "sys.meta_path.insert(0, Hidden())"
    )
    async with kernel_in(set_traps(tmp_path / "hostile")) as kernel:
        await kernel.run_ok(hidden)
        done = await kernel.run(LOAD)
        assert done.error is not None
        assert done.error["ename"] == "ModuleNotFoundError"
        assert "jupyter_claude" in done.error["evalue"]
