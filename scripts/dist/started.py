"""Whether an installed jupyter-claude starts. It runs in an environment of its own.

Usage: python -I started.py VERSION [MODULE…]. Each MODULE must be importable. It ends with the
exit status 0, or with the error. With JUPYTER_CLAUDE_CLI it asks the practice model one question.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path


def main(version: str, *modules: str) -> None:
    """Import everything, load the extension into an IPython, and ask one question."""
    for name in ("jupyter_claude", "jupyter_claude_sdk", *modules):
        importlib.import_module(name)
    import jupyter_claude_sdk
    import jupyter_claude_sdk.testing

    import jupyter_claude

    for package in (jupyter_claude, jupyter_claude_sdk):
        for name in package.__all__:  # many are loaded when they are first used
            getattr(package, name)
        if package.__version__ != version:
            raise SystemExit(f"{package.__name__} is {package.__version__}, not {version}")
    extension = Path(sys.prefix, "share/jupyter/labextensions/jupyter-claude")
    for name in ("package.json", "static/widget.js"):
        if not (extension / name).is_file():
            raise SystemExit(f"JupyterLab does not find {name} of the extension")

    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    _run(shell, "%load_ext jupyter_claude")
    _run(shell, "%claude help")
    if os.environ.get("JUPYTER_CLAUDE_CLI"):
        _run(shell, "from jupyter_claude import claude; claude.settings.practice = True")
        _run(shell, "turn = await claude.ask('Hello')")
        _run(shell, "assert turn.text and not turn.error, turn")
        _run(shell, "await claude.close()")
    _run(shell, "%unload_ext jupyter_claude")


def _run(shell: object, code: str) -> None:
    done = shell.run_cell(code)  # type: ignore[attr-defined]
    done.raise_error()


if __name__ == "__main__":
    main(*sys.argv[1:])
