"""Names that `typing` has from Python 3.11 on. Before, ``typing_extensions`` comes with anyio."""

import sys

if sys.version_info >= (3, 11):
    from typing import NotRequired, Required, Self, TypedDict
else:
    from typing_extensions import NotRequired, Required, Self, TypedDict

__all__ = ["NotRequired", "Required", "Self", "TypedDict"]
