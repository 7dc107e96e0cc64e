"""A small process that ends the CLI if ours dies, however it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from pathlib import Path

logger = logging.getLogger("jupyter_claude_sdk")

# It waits for the end of its input, which means that our process died, killed with SIGKILL
# perhaps: then the CLI's process group is asked to end (TERM lets the CLI end its own
# children; CONT wakes one that was stopped), and soon after made to; its files go, too.
# It is portable, where a parent-death signal is Linux's alone and is sent when the thread that
# started the CLI ends.
_SCRIPT = (
    'read -r line; kill -s TERM -- "-$1"; kill -s CONT -- "-$1"; ${2:+rm -rf -- "$2"}; '
    'sleep 2; kill -s KILL -- "-$1"'
)

_open_ends: set[int] = set()  # our ends of the watchers' pipes


def _close_in_child() -> None:
    # A forked child (multiprocessing's, say) would hold the pipes open after our death.
    for end in _open_ends:
        os.close(end)
    _open_ends.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


class Watcher:
    """Watches over a process group until `stop`; for POSIX only.

    Parameters
    ----------
    group : int
        The process group to end with us.
    folder : Path, optional
        A folder to remove with us.
    """

    def __init__(self, group: int, folder: Path | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        theirs, self._ours = os.pipe()
        _open_ends.add(self._ours)
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "sh", str(group), str(folder or "")],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            logger.warning("Claude Code is not watched over: /bin/sh does not start (%s)", error)
        finally:
            os.close(theirs)

    def stop(self) -> None:
        """End the watcher and leave the process group alone. Harmless when done already."""
        if self._ours in _open_ends:  # else we are a forked child, or it was stopped
            process, self._process = self._process, None
            # Killed, it does nothing more and is gone at once, even one that was stopped; telling
            # it to end would mean waiting for it. Only then may its pipe be closed.
            if process is not None:
                process.kill()
                process.wait()
            _open_ends.discard(self._ours)
            os.close(self._ours)

    def release(self) -> None:
        """Let the watcher end the process group, as after our death, without waiting for it."""
        if self._ours in _open_ends:
            process, self._process = self._process, None
            _open_ends.discard(self._ours)
            os.close(self._ours)
            if process is not None:
                threading.Thread(target=process.wait, daemon=True).start()
