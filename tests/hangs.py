"""When a wait of a test is a hang.

A busy machine may need many times the usual time for anything. So no test asks whether something
is fast: `make bench` does. A test asks whether something ends at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which a wait is a hang. What ends by itself needs a small part of them.
HANG = 60.0


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail if the block took as long as a hang; `anyio.fail_after` lets shielded waits pass."""
    before = time.monotonic()
    yield
    assert time.monotonic() - before < HANG
