"""`NextCell`: puts code into the user's next cell, which every front end of IPython can do."""

from __future__ import annotations

from typing import Any


class NextCell:
    """Inserts cells as one cell, below the running one; in a terminal as the next prompt.

    Parameters
    ----------
    shell : InteractiveShell
        IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, cells: list[dict[str, Any]]) -> bool:
        """Insert cells. Return False if they cannot be one cell."""
        sources = [str(cell["source"]).rstrip("\n") for cell in cells]
        # A cell magic takes the whole cell, and must be its beginning.
        if len(sources) > 1 and any(source.lstrip().startswith("%%") for source in sources):
            return False
        self._shell.set_next_input("\n\n".join(sources))
        return True
