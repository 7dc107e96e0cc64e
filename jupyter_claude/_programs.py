"""Starts programs so that the current folder cannot change what runs.

A downloaded folder may contain a ``pip``, a ``json.py`` or an ``npm``. Python looks there first for
the modules that it runs, PATH may name the folder, and npm, pip and uv read settings
from it. So what is started here starts in a folder of ours.
"""

from __future__ import annotations

import sys

# This does what Python's -P does, which 3.10 does not have. -I would also drop PYTHONPATH and the
# user's packages, which may contain the module. Only built-in modules are loaded before it.
_RUN = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module, as ``python -m`` does.

    Parameters
    ----------
    module : str
        An installed module. The folder in which the command starts is not searched.
    *arguments : str
        Its arguments.
    """
    return [sys.executable, "-c", _RUN, module, *arguments]
