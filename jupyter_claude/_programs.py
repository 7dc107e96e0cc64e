"""Starting programs so that the current folder has no say in what runs.

A downloaded folder may hold a ``pip``, a ``json.py`` or an ``npm`` of its own. Python looks there
first for the modules that it is told to run, PATH may name it, and npm, pip and uv read settings
from it. So what is started here starts in a folder of ours.
"""

from __future__ import annotations

import sys

# Like Python's own -P, which 3.10 has not. Not -I: it also drops PYTHONPATH and the user's
# packages, which may hold the very module. Nothing but what is built in is loaded before that.
_RUN = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module, as ``python -m`` does.

    Parameters
    ----------
    module : str
        Looked up among the installed modules, not in the folder that the command is started in.
    *arguments : str
        What follows it.
    """
    return [sys.executable, "-c", _RUN, module, *arguments]
