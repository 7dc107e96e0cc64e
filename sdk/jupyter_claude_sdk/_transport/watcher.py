"""`Watcher`: a small process that ends the CLI if our process dies, for whatever reason."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from pathlib import Path

logger = logging.getLogger("jupyter_claude_sdk")

# The script waits for the end of its input, which means that our process died, perhaps by SIGKILL.
# Then it ends the CLI's process group: TERM lets the CLI end its own children, CONT wakes a stopped
# CLI, and KILL follows two seconds later. It also removes the CLI's private files. A parent-death
# signal would not do: only Linux has it, and Linux sends it when the thread ends that started the
# CLI.
_SCRIPT = (
    'read -r line; kill -s TERM -- "-$1"; kill -s CONT -- "-$1"; ${2:+rm -rf -- "$2"}; '
    'sleep 2; kill -s KILL -- "-$1"'
)

_open_ends: set[int] = set()  # our ends of the watchers' pipes


def _close_in_child() -> None:
    # A forked child, such as multiprocessing's, would keep the pipes open after our death.
    for end in _open_ends:
        os.close(end)
    _open_ends.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


class Watcher:
    """Ends a process group if our process dies before `stop`. For POSIX only.

    Parameters
    ----------
    group : int
        The process group to end.
    folder : Path, optional
        A folder to remove then.
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
            logger.warning(
                "Claude Code may outlive this process: /bin/sh does not start (%s)", error
            )
        finally:
            os.close(theirs)

    def stop(self) -> None:
        """End the watcher, and leave the process group alone. Harmless if called again."""
        if self._ours in _open_ends:  # else we are a forked child, or it was stopped
            process, self._process = self._process, None
            # KILL ends it at once, even a stopped one, before it can do anything. Only then may we
            # close its pipe.
            if process is not None:
                process.kill()
                process.wait()
            _open_ends.discard(self._ours)
            os.close(self._ours)

    def release(self) -> None:
        """Let the watcher end the process group now, without waiting for it."""
        if self._ours in _open_ends:
            process, self._process = self._process, None
            _open_ends.discard(self._ours)
            os.close(self._ours)
            if process is not None:
                threading.Thread(target=process.wait, daemon=True).start()
