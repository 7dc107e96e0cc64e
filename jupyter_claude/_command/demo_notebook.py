"""The demo's notebooks. The next demo has them again, with the user's changes.

They lie in the data folder: it lasts, it is the user's own, and an update of the package does not
touch it. The demo says where it is.
"""

from __future__ import annotations

import shutil
from hashlib import sha256
from itertools import count
from pathlib import Path

from .._paths import data_folder, make_private

NAME = "quickstart.ipynb"
#: The other notebooks, to which it leads.
OTHERS = ("analysis.ipynb", "batch.ipynb", "agent.ipynb")


def demo_folder() -> Path:
    """Return the folder of the demo's notebooks, without creating it."""
    return data_folder() / "demo" / "notebooks"


def lasting_notebook(original: Path, *, fresh: bool = False) -> tuple[Path, str]:
    """Return a notebook of the demo, and a line about it.

    Parameters
    ----------
    original : Path
        The installed notebook.
    fresh : bool, default False
        Whether to begin with a new one. The earlier one gets another name.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    folder = demo_folder()
    make_private(folder)
    notebook = folder / original.name
    mark = folder.parent / f"as-installed{'' if original.name == NAME else f'-{original.stem}'}"
    is_changed = notebook.exists() and not (mark.exists() and mark.read_text() == _digest(notebook))
    line = ""
    if is_changed and not fresh:
        is_old = mark.exists() and mark.read_text() != _digest(original)
        new = "There is a newer tour" if is_old else "You can begin a new one"
        return notebook, (
            "This is the notebook of your last demo, as you left it. "
            f"{new}: `jupyter-claude demo --fresh` opens it, and keeps yours."
        )
    if is_changed:
        names = (folder / f"{original.stem}-{number}.ipynb" for number in count(1))
        kept = next(path for path in names if not path.exists())
        notebook.rename(kept)
        line = f"The notebook of your last demo is kept: {kept}"
    shutil.copy(original, notebook)  # also if the tour has changed and this copy has not
    mark.write_text(_digest(notebook))
    return notebook, line


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
