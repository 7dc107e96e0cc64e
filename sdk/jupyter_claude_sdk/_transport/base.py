"""The interfaces of what carries bytes, or messages, to the CLI and back.

Source: `Transport` is this package's own, `MessageTransport` the documented one of the official
package.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, NoReturn, Protocol

from .._base.secrets import OwnEnvironment

__all__ = ["MessageTransport", "Transport"]


class MessageTransport(Protocol):
    """Carries messages to a CLI and back: the interface of the official package.

    Any object with these methods will do. It may also be derived from `Transport`, as programs for
    the official package do. The client calls ``connect``, then ``read_messages`` once, and at the
    end ``end_input`` and ``close``.

    Notes
    -----
    Options that become arguments of the CLI do not count: your transport starts the CLI. It needs
    ``--input-format=stream-json --output-format=stream-json --verbose``.
    """

    async def connect(self) -> None:
        """Start. From then on `write` and `read_messages` work."""

    async def write(self, data: str) -> None:
        """Send a line.

        Parameters
        ----------
        data : str
            A JSON object, with a newline at its end.
        """

    def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        """Iterate over what the CLI writes, until its end. An error says why the CLI ended.

        Returns
        -------
        AsyncIterator of dict
            One dict for each line.
        """
        raise NotImplementedError

    async def end_input(self) -> None:
        """Tell the CLI that no more input comes. The client waits five seconds at most."""

    def is_ready(self) -> bool:
        """Return whether the transport is connected."""
        raise NotImplementedError

    async def close(self) -> None:
        """End the CLI. The client never cancels this."""


class Transport(ABC):
    """Carries bytes to a CLI and back.

    Pass an instance to `ClaudeSDKClient` or `query`, to run the CLI elsewhere or to simulate it.
    The client calls all methods in one event loop. A transport carries bytes and does not look at
    them.

    A subclass may have ``write`` and ``read_messages`` in place of `send` and `receive`. Then it is
    a `MessageTransport`.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if (
            (cls.send, cls.receive) == (Transport.send, Transport.receive)
            and hasattr(cls, "write")
            and hasattr(cls, "read_messages")
        ):
            # Not abstract any more, so that the class can have instances.
            cls.send = cls.receive = _is_not_called  # type: ignore[assignment]

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


async def _is_not_called(self: Transport, *data: bytes) -> NoReturn:
    raise NotImplementedError("This transport carries messages, by write() and read_messages()")


def carries_messages(kind: type[Transport]) -> bool:
    """Return whether a subclass of `Transport` has the methods of a `MessageTransport`."""
    return _is_not_called in (kind.send, kind.receive)
