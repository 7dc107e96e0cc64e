"""On which event loops a test of this folder runs."""

from __future__ import annotations

import pytest

#: For a test of what the CLI makes of its arguments and lines, of what it tells, or of the model
#: that it asks. These are the same on both event loops; that they arrive is tested on both.
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])
