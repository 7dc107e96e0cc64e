"""What a model on loopback keeps of the requests to it, and how it is started and closed."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

KEPT_REQUESTS = 1000
KEPT_BYTES = 256 * 1024 * 1024

_S = TypeVar("_S", bound="InWith")


class _Request(NamedTuple):
    body: dict[str, Any]
    size: int
    headers: dict[str, str]


class RequestLog:
    """The latest requests.

    Parameters
    ----------
    keep_requests, keep_bytes : int
        How many are kept, and how many bytes of them. The latest one is always kept.

    Raises
    ------
    ValueError
        If one of them is less than 1.
    """

    def __init__(self, keep_requests: int, keep_bytes: int) -> None:
        if keep_requests < 1 or keep_bytes < 1:
            raise ValueError("keep_requests and keep_bytes must be 1 or more")
        self._keep_requests, self._keep_bytes = keep_requests, keep_bytes
        self._changed = threading.Condition()
        self._kept: deque[_Request] = deque()
        self._bytes = 0  # of what is kept, as it was sent
        self._seen = 0

    def add(self, body: dict[str, Any], size: int, headers: Mapping[str, str]) -> None:
        """Keep a request, and drop the oldest ones if there are too many."""
        with self._changed:
            self._kept.append(_Request(body, size, dict(headers)))
            self._bytes += size
            while len(self._kept) > 1 and (
                len(self._kept) > self._keep_requests or self._bytes > self._keep_bytes
            ):
                self._bytes -= self._kept.popleft().size
            self._seen += 1
            self._changed.notify_all()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies, oldest first."""
        with self._changed:
            return [request.body for request in self._kept]

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers, oldest first."""
        with self._changed:
            return [request.headers for request in self._kept]

    def wait(self, count: int, timeout: float) -> None:
        """Wait until there were `count` requests.

        Raises
        ------
        TimeoutError
            If there are fewer in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._seen >= count, timeout):
                raise TimeoutError(
                    f"The model got {self._seen} of {count} requests in {timeout} seconds."
                )


class InWith(ABC):
    """Starts in ``with`` and ``async with``, and is closed at the end."""

    @abstractmethod
    def start(self: _S) -> _S: ...

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self: _S) -> _S:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self: _S) -> _S:
        return self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
