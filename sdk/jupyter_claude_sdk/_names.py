"""Most public names. The package imports this module when a program uses the first of them.

A Jupyter kernel imports the package when it starts, and needs these modules for the first prompt.
"""

import sys as _sys

from ._client import *
from ._connection.observers import *
from ._connection.rewind import *
from ._connection.turn import *
from ._mcp.tools import *
from ._options import *
from ._query import *
from ._transport.base import *
from ._types.answers import *
from ._types.blocks import *
from ._types.hook_inputs import *
from ._types.hook_types import *
from ._types.hooks import *
from ._types.mcp import *
from ._types.message_types import *
from ._types.messages import *
from ._types.notices import *
from ._types.option_types import *
from ._types.permissions import *
from ._types.stores import *

_NAMES = [name for name in globals() if name[0] != "_"]
_sys.modules[__name__.rpartition(".")[0]]._publish(globals(), _NAMES)
