"""What `typing` has only from Python 3.11 on; there anyio brings ``typing_extensions``."""

import sys

if sys.version_info >= (3, 11):
    from typing import NotRequired, Required, TypedDict
else:
    from typing_extensions import NotRequired, Required, TypedDict

__all__ = ["NotRequired", "Required", "TypedDict"]
