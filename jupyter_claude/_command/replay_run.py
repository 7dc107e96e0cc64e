"""``jupyter-claude replay run``: runs a notebook with its recording. It asks Claude nothing.

It needs nbclient, a kernel and the recording; no CLI, no key and no network.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from .._text import exact_line

#: What nbformat raises for JSON that is no notebook, besides its own error.
_NO_NOTEBOOK = (ValueError, TypeError, KeyError, AttributeError, RecursionError)

_WITHOUT_EFFECTS = " (Claude's code and files were left out; --effects does them again)"
_POLICY = (
    " (Claude's code and files were left out: by the administrator's policy you must approve them "
    "in JupyterLab first)"
)


def add_to(actions: Any) -> None:
    """Add the action to the parser of ``jupyter-claude replay``."""
    text = "run a notebook with its recording; nothing is asked"
    run = actions.add_parser(
        "run",
        help=text,
        description=text[0].upper() + text[1:] + ". A prompt without a recorded answer is an "
        "error, and so is any other cell that fails: the exit status is 1.",
        epilog="Needs nbclient: pip install nbclient.",
    )
    run.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="an .ipynb file")
    run.add_argument(
        "--effects",
        action="store_true",
        help="also run the recorded code of Claude again, and write its files again. Read the "
        "recording first: you are not asked. An administrator's policy may demand that you have "
        "approved it in JupyterLab",
    )
    run.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="write the notebook with its outputs to this file (default: write nothing)",
    )
    run.set_defaults(action=_run)


def _run(choice: argparse.Namespace) -> int:
    try:
        count = _execute(choice.notebook, choice.output, effects=choice.effects)
    except _RunError as error:
        print(f"error: {exact_line(str(error))}", file=sys.stderr)
        return 1
    print(f"{exact_line(choice.notebook.name)}: {count} cell{'' if count == 1 else 's'} ran")
    return 0


class _RunError(Exception):
    """The notebook did not run to its end; the message says why in one line."""


def _execute(path: Path, output: Path | None, *, effects: bool) -> int:
    """Run a notebook, and return how many cells ran."""
    try:
        import nbformat
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, DeadKernelError
    except ImportError as error:
        raise _RunError(f"{error.name} is not installed: pip install nbclient ipykernel") from None
    try:
        notebook = nbformat.read(path, as_version=4)
    except OSError as error:
        raise _RunError(f"{path} cannot be read: {error.strerror}") from None
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        nbformat.ValidationError,
    ):
        raise _RunError(f"{path} is no notebook (.ipynb)") from None
    folder = path.resolve().parent
    client: Any = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}})
    failed = ""
    try:
        client.execute(env=_environment(path, effects=effects))
    except CellExecutionError as error:
        failed = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        failed = "the kernel died"
    except NoSuchKernel as error:
        raise _RunError(f"there is no kernel {error.name!r} here") from None
    if output is not None:
        try:
            nbformat.write(notebook, output)
        except OSError as error:
            raise _RunError(f"{output} cannot be written: {error.strerror}") from None
    if failed:
        hint = ""
        if _says(notebook, "policy lets nothing run that you did not approve"):
            hint = _POLICY
        elif not effects and _says(notebook, "JUPYTER_CLAUDE_REPLAY_EFFECTS=1"):
            hint = _WITHOUT_EFFECTS
        raise _RunError(f"{path.name}: {failed}{hint}")
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def _says(notebook: Any, said: str) -> bool:
    """Whether an output has these words, such as those of a turn whose code was left out."""
    return any(
        said in "".join(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


def _environment(path: Path, *, effects: bool) -> dict[str, str]:
    return {
        **os.environ,
        "JUPYTER_CLAUDE_REPLAY": "only",
        "JUPYTER_CLAUDE_REPLAY_RUNS": "1",
        "JUPYTER_CLAUDE_NOTEBOOK": str(path.resolve()),
        "JUPYTER_CLAUDE_REPLAY_EFFECTS": "1" if effects else "0",
    }
