"""`KeepAlive`: keeps a Jupyter server from ending the kernel while Claude works or is waiting.

Servers and hubs end what shows no activity. Activity is a message of the kernel: jupyter-server
notes each comm message on IOPub, and tells a JupyterHub. A turn that runs a long command, and a
request that waits, send nothing. So a thread sends an empty comm message now and then, also while
synchronous code blocks the kernel's loop. Its comm is never opened, so front ends know nothing of
it and ignore it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from time import monotonic
from typing import Any

from .comms import kernel_loop

#: Seconds between two messages. The shortest time-outs in use are some minutes.
INTERVAL = 60.0

#: Minutes, if no administrator has set them.
MINUTES = 60.0

#: The messages in the shortest time for which a kernel is kept: one is not enough to be sure.
_AT_LEAST = 4


class KeepAlive:
    """Shows activity as long as there is work, for a limited time.

    The time begins anew with each sign of the user: a prompt, an answer. It also does with each
    request, which needs time to be seen.

    Parameters
    ----------
    minutes : callable
        Returns how long; None for `MINUTES`, 0 for not at all.
    send : callable
        Sends one message. The thread calls it.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self,
        minutes: Callable[[], float | None],
        send: Callable[[], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._minutes = minutes
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._works: set[Hashable] = set()
        self._since = 0.0
        self._end: threading.Event | None = None  # ends the present thread

    @property
    def sends(self) -> bool:
        """Whether messages are sent now."""
        return self._end is not None

    def begin(self, work: Hashable, *, anew: bool = True) -> None:
        """Note that something works or waits. `anew` says whether the time begins anew."""
        with self._lock:
            self._works.add(work)
            if anew:
                self._since = self._clock()
            self._start()

    def end(self, work: Hashable) -> None:
        """Note that this has ended."""
        with self._lock:
            self._works.discard(work)
            if not self._works and self._end is not None:
                self._end.set()
                self._end = None

    def renew(self) -> None:
        """Begin the time anew: the user was here."""
        with self._lock:
            if self._works:
                self._since = self._clock()
                self._start()

    @contextlib.contextmanager
    def during(self, work: Hashable) -> Iterator[None]:
        """Note that something works for as long as the block lasts."""
        self.begin(work)
        try:
            yield
        finally:
            self.end(work)

    def _start(self) -> None:
        if self._end is None:
            self._end = threading.Event()
            threading.Thread(
                target=self._keep, args=(self._end,), name="jupyter-claude-alive", daemon=True
            ).start()

    def _keep(self, end: threading.Event) -> None:
        minutes = self._minutes()
        seconds = (MINUTES if minutes is None else minutes) * 60
        interval = min(INTERVAL, seconds / _AT_LEAST)
        while not end.wait(interval):
            with self._lock:
                if end.is_set():
                    return
                if self._clock() - self._since >= seconds:
                    self._end = None  # the next sign of the user starts another thread
                    return
            self._send()


def activity_of(shell: Callable[[], Any]) -> Callable[[], None]:
    """Return a function that sends a message which a Jupyter server counts as activity.

    Parameters
    ----------
    shell : callable
        Returns what `get_ipython()` returns, or None. Outside a kernel nothing is sent.
    """
    comms: list[Any] = []

    def send() -> None:
        if kernel_loop(shell()) is None:
            return
        if not comms:
            import comm  # lazy: ipykernel has loaded it; IPython in a terminal does not need it

            comms.append(comm.create_comm(target_name="jupyter_claude.alive", primary=False))
        with contextlib.suppress(Exception):  # the kernel is ending, and has closed its sockets
            comms[0].send()

    return send
