"""The seam to the CLI: what carries bytes to it and back.

Source: this package's own interface; the official package's is another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from .._base.secrets import OwnEnvironment

__all__ = ["Transport"]


class Transport(ABC):
    """Carries bytes to a CLI and back.

    Pass an instance to `ClaudeSDKClient` or `query` to run the CLI elsewhere or to play it. All
    methods are called in one event loop. Framing is not a transport's business.
    """

    def prepare(self) -> None:  # noqa: B027  (most transports have nothing to do here)
        """Start what can be started without waiting; called right before `connect`.

        Raises
        ------
        CLIConnectionError
            If it cannot start; `close` is called then, too.
        """

    @abstractmethod
    async def connect(self) -> None:
        """Start; after it `send` and `receive` work.

        A client that connects again calls it again, after `close`; it may refuse.

        Raises
        ------
        CLIConnectionError
            If it cannot start.
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Send all of `data`.

        Parameters
        ----------
        data : bytes
            Whole lines, each a JSON object.

        Raises
        ------
        CLIConnectionError
            If the other side is gone.
        """

    @abstractmethod
    async def receive(self) -> bytes:
        """Wait for what the CLI writes.

        Returns
        -------
        bytes
            The next bytes, in any chunking, or ``b""`` at the end of the stream.
        """

    @abstractmethod
    async def close(self, *, busy: bool = False) -> None:
        """End the CLI, its children too, in bounded time.

        May be called at any time, before or during `connect` or twice, and is never cancelled.

        Parameters
        ----------
        busy : bool, default False
            Whether a turn is running: then there is no use in waiting for the CLI to end by itself.
        """

    def abandon(self) -> None:  # noqa: B027
        """End the CLI without waiting: the event loop was closed, and nothing can be awaited.

        `close` does not follow.
        """

    async def attend(self) -> None:  # noqa: B027  (most transports have nothing to do here)
        """Do what is to be done in the background, such as reading stderr.

        Runs from `connect` on, beside `receive`; cancelled before `close`.
        """

    def is_ready(self) -> bool:
        """Say whether it is connected.

        Returns
        -------
        bool
            True by default.
        """
        return True

    def cli_environment(self) -> Mapping[str, str]:
        """Say in what environment the CLI runs.

        Returns
        -------
        Mapping of str to str
            Its variables, which say where it keeps its files; by default this process's own.
        """
        return OwnEnvironment()

    async def ended(self) -> Exception | None:
        """Say why the stream ended; called after its end.

        Returns
        -------
        Exception or None
            The cause, which the session raises; None for a clean end.
        """
        return None

    def stderr_tail(self) -> str:
        """Return the end of what the CLI wrote to stderr, for errors.

        Returns
        -------
        str
            Its last lines, without keys and tokens; "" by default.
        """
        return ""
