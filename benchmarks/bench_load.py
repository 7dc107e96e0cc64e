"""The time to load the extension, in new kernels that have imported ipywidgets."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.manager import KernelManager

from ._figures import Figure

OVERLAYS = Path(__file__).resolve().parent.parent / "build" / "kernels"
TIMES = 5
LIMIT = 50  # ms; a machine with the speed of ours takes some 15
CODE = """
import ipywidgets, time
started = time.perf_counter()
get_ipython().run_line_magic("load_ext", "jupyter_claude")
print("took", time.perf_counter() - started)
assert "claude" in get_ipython().magics_manager.magics["cell"]
"""


def figures() -> Iterator[Figure]:
    yield Figure("import query from jupyter_claude_sdk", 1000 * import_seconds(), "ms")
    kernels = {"in .venv": ""}
    kernels.update({folder.name: str(folder) for folder in sorted(OVERLAYS.glob("*"))})
    for name, overlay in kernels.items():
        seconds = statistics.median(load_seconds(overlay) for _ in range(TIMES))
        yield Figure(f"%load_ext jupyter_claude, ipykernel {name}", 1000 * seconds, "ms", LIMIT)


def import_seconds() -> float:
    """Return the time of the SDK's import in a new interpreter, in seconds: the median of several.

    A name is imported, since the package brings most of its modules with the first one.
    """
    code = (
        "import time; started = time.perf_counter(); "
        "from jupyter_claude_sdk import query; print(time.perf_counter() - started)"
    )
    return statistics.median(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(TIMES)
    )


def load_seconds(overlay: str) -> float:
    """Load the extension in a new kernel, with `overlay` before the installed packages."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "PYTHONPATH": overlay})
    client = manager.client()
    printed: list[str] = []

    def keep(message: dict[str, dict[str, str]]) -> None:
        printed.append(message["content"].get("text", ""))

    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(CODE, timeout=60, output_hook=keep)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"loading failed: {reply['content']}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return float("".join(printed).split("took")[1])
