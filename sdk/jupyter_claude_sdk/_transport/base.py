"""`Transport`: the interface of what carries bytes to the CLI and back.

Source: this package's own. The official package's interface differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from .._base.secrets import OwnEnvironment

__all__ = ["Transport"]


class Transport(ABC):
    """Carries bytes to a CLI and back.

    Pass an instance to `ClaudeSDKClient` or `query`, to run the CLI elsewhere or to simulate it.
    The client calls all methods in one event loop. A transport carries bytes and does not look at
    them.
    """

    def prepare(self) -> None:  # noqa: B027  (most transports have nothing to do here)
        """Start what can start without waiting. The client calls it right before `connect`.

        Raises
        ------
        CLIConnectionError
            If it cannot start. The client calls `close` then, too.
        """

    @abstractmethod
    async def connect(self) -> None:
        """Start. From then on `send` and `receive` work.

        A client that connects again calls `connect` again, after `close`. A transport may refuse.

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
            If the CLI is gone.
        """

    @abstractmethod
    async def receive(self) -> bytes:
        """Wait for bytes from the CLI.

        Returns
        -------
        bytes
            The next bytes, in chunks of any size; ``b""`` at the end of the stream.
        """

    @abstractmethod
    async def close(self, *, busy: bool = False) -> None:
        """End the CLI and its children, in bounded time.

        The client may call it at any time, also before or during `connect`, or twice. The client
        never cancels it.

        Parameters
        ----------
        busy : bool, default False
            Whether a turn is running. Then it is useless to wait until the CLI ends by itself.
        """

    def abandon(self) -> None:  # noqa: B027
        """End the CLI without waiting, because the event loop was closed.

        The client does not call `close` then.
        """

    async def attend(self) -> None:  # noqa: B027  (most transports have nothing to do here)
        """Work in the background, for example read stderr.

        The client runs it from `connect` on, beside `receive`, and cancels it before `close`.
        """

    def is_ready(self) -> bool:
        """Return whether the transport is connected.

        Returns
        -------
        bool
            True by default.
        """
        return True

    def cli_environment(self) -> Mapping[str, str]:
        """Return the environment that the CLI runs in.

        Returns
        -------
        Mapping of str to str
            The variables. They say where the CLI keeps its files. By default this process's own.
        """
        return OwnEnvironment()

    async def ended(self) -> Exception | None:
        """Return why the stream ended. The client calls it after the end of the stream.

        Returns
        -------
        Exception or None
            The error, which the client raises; None for a clean end.
        """
        return None

    def stderr_tail(self) -> str:
        """Return the end of what the CLI wrote to stderr, for errors.

        Returns
        -------
        str
            The last lines, without keys and tokens; "" by default.
        """
        return ""
