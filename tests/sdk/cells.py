"""Run pieces of Python one after the other in one namespace, as the cells of a notebook.

Usage: python cells.py CELLS.json, a list of ``{"file": …, "line": …, "code": …}``. As in IPython a
cell with an ``await`` outside functions runs in an event loop that all such cells share, any other
is executed plainly, so that it may call ``asyncio.run`` itself. An error names file and line.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType


def main(cells: list[dict[str, str]]) -> None:
    import jupyter_claude_sdk.compat  # noqa: F401 - it serves the names that the cells import

    # Classes defined in a cell say `__main__`, so that is where their names must be found.
    module = sys.modules["__main__"] = ModuleType("__main__")
    loop = asyncio.new_event_loop()
    try:
        for cell in cells:
            source = "\n" * (int(cell["line"]) - 1) + cell["code"]
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(source, cell["file"], "exec", flags, dont_inherit=True)
            if code.co_flags & inspect.CO_COROUTINE:
                loop.run_until_complete(eval(code, module.__dict__))
            else:
                exec(code, module.__dict__)
    finally:
        loop.close()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
