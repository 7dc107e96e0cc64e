"""`Recorder`: hears of the cells that run in IPython's shell, and of what they show.

It uses IPython's events, and the hooks that ipykernel has for displays, results and prints. It
replaces no stream. In IPython without these hooks, it wraps the two methods that show displays and
results. What it hears is only kept; a `Looker` reads it, and withholds secrets then.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from .._text import without_escapes
from .classes import bases, full_name
from .record import CellRecord, Printed, Record

_MOST_TRACEBACK = 100_000
_STREAMS = ("stdout", "stderr")


class Recorder:
    """Hears of cells, outputs and errors in an IPython shell.

    Parameters
    ----------
    shell : InteractiveShell
        The shell.
    is_ours : callable
        Returns whether code of Claude's runs now. Its cells and outputs are not the user's.
    """

    def __init__(self, shell: Any, is_ours: Callable[[], bool] = lambda: False) -> None:
        self.record = Record()
        self._shell = shell
        self._is_ours = is_ours
        self._undo: list[Callable[[], None]] = []
        self._cell: CellRecord | None = None
        self._depth = 0

    def start(self) -> None:
        """Begin to hear. Calling it twice is the same as once."""
        if self._undo:
            return
        events = self._shell.events
        for event, function in (("pre_run_cell", self._begins), ("post_run_cell", self._ends)):
            events.register(event, function)
            self._undo.append(partial(events.unregister, event, function))
        self._hear_displays()
        self._hear_results()
        self._hear_prints()

    def stop(self) -> None:
        """Stop, and leave the shell as it was."""
        for undo in reversed(self._undo):
            try:
                undo()
            except Exception:  # somebody else removed it
                pass
        self._undo.clear()
        self.record.hears_prints = False

    def printed(self, cell: CellRecord) -> str:
        """Return what a cell printed, as far as that can be heard."""
        if cell.printed:
            return without_escapes(cell.printed.text)
        outputs = getattr(getattr(self._shell, "history_manager", None), "outputs", None)
        if not isinstance(outputs, dict) or self.record.hears_prints or not cell.number:
            return ""
        # IPython 9 itself keeps what a cell prints.
        texts = []
        for output in outputs.get(cell.number, []):
            if getattr(output, "output_type", "") in ("out_stream", "err_stream"):
                texts += [text for text in output.bundle.get("stream", []) if type(text) is str]
        printed = Printed()
        for text in texts:
            printed.add(text)
        return without_escapes(printed.text)

    @property
    def hears_prints(self) -> bool:
        """Whether prints are known."""
        return self.record.hears_prints or hasattr(
            getattr(self._shell, "history_manager", None), "outputs"
        )

    # --- cells ------------------------------------------------------------------------------------

    def _begins(self, info: Any) -> None:
        if self._is_ours():
            return
        key = self._parent()
        if self._cell is not None and self._cell.key == key and not self._cell.ended:
            self._depth += 1  # a cell that a cell runs, as %run does
            return
        self._depth = 0
        if not self.record.hears_prints:  # it was started in a cell that captures its output
            self._hear_prints()
        source = getattr(info, "raw_cell", "")
        self._cell = self.record.begin(source if type(source) is str else "", key)

    def _ends(self, result: Any) -> None:
        if self._is_ours() or self._cell is None:
            return
        if self._depth:
            self._depth -= 1
            return
        cell, self._cell.ended = self._cell, True
        number = getattr(result, "execution_count", None)
        cell.number = number if type(number) is int else 0
        error = getattr(result, "error_before_exec", None)
        error = getattr(result, "error_in_exec", None) if error is None else error
        if error is not None:
            cell.error = full_name(type(error))
            cell.traceback = self._traceback(cell, error)

    def _parent(self) -> str:
        """Return the id of the request that runs the cell; "" outside of a kernel."""
        try:
            parent = self._shell.get_parent()
            return str(parent["header"]["msg_id"])
        except Exception:
            return ""

    def _traceback(self, cell: CellRecord, error: BaseException) -> str:
        shown = getattr(self._shell, "_last_traceback", None)  # ipykernel's
        if not shown:
            kept = getattr(getattr(self._shell, "history_manager", None), "exceptions", None)
            stored = kept.get(cell.number) if isinstance(kept, dict) and cell.number else None
            shown = stored.get("traceback") if isinstance(stored, dict) else None
        if isinstance(shown, list) and all(type(line) is str for line in shown):
            return without_escapes("\n".join(shown)[-_MOST_TRACEBACK:])
        return _plain_traceback(error)

    # --- outputs ----------------------------------------------------------------------------------

    def _hear_displays(self) -> None:
        publisher = self._shell.display_pub
        if _has_hooks(publisher):
            self._hook(publisher, self._on_message)
            return

        def heard(data: Any, metadata: Any = None, *rest: Any, **more: Any) -> None:
            transient = more.get("transient")
            self._keep(data, transient.get("display_id", "") if type(transient) is dict else "")

        self._wrap(publisher, "publish", heard)

    def _hear_results(self) -> None:
        hook = self._shell.displayhook
        if _has_hooks(hook):
            self._hook(hook, self._on_message)
        else:
            self._wrap(hook, "write_format_data", lambda data, *rest, **more: self._keep(data, ""))

    def _hear_prints(self) -> None:
        """Hear prints by ipykernel's hooks. It calls them in its own thread, with each message."""
        streams: list[Any] = [getattr(sys, name) for name in _STREAMS]
        threads: list[Any] = [getattr(stream, "pub_thread", None) for stream in streams]
        if not all(map(_has_hooks, streams)) or not all(hasattr(t, "schedule") for t in threads):
            return
        for stream, thread in zip(streams, threads, strict=True):
            thread.schedule(partial(stream.register_hook, self._on_print))
            undo = partial(stream.unregister_hook, self._on_print)
            self._undo.append(partial(thread.schedule, undo))
        self.record.hears_prints = True

    def _hook(self, place: Any, function: Callable[[Any], Any]) -> None:
        place.register_hook(function)
        self._undo.append(lambda: place.unregister_hook(function))

    def _wrap(self, place: Any, name: str, heard: Callable[..., None]) -> None:
        """Call `heard` with what a method of the shell gets, after the method."""
        method = getattr(place, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            made = method(*args, **kwargs)
            try:
                heard(*args, **kwargs)
            except Exception:  # the user's cell goes on
                pass
            return made

        setattr(place, name, wrapper)

        def undo() -> None:
            if vars(place).get(name) is wrapper:
                delattr(place, name)

        self._undo.append(undo)

    def _on_message(self, message: Any) -> Any:
        try:
            header, content = message["header"], message["content"]
            if header["msg_type"] in ("display_data", "update_display_data", "execute_result"):
                id = (content.get("transient") or {}).get("display_id", "")
                self._keep(content["data"], id)
            elif header["msg_type"] == "clear_output" and self._cell and not self._is_ours():
                self._cell.clears = True
                if not content.get("wait"):
                    self._cell.clear()
        except Exception:  # the user's cell goes on
            pass
        return message

    def _on_print(self, message: Any) -> Any:
        try:
            cell = self.record.find(message["parent_header"]["msg_id"])
            if cell is not None and not cell.is_prompt:
                if cell.clears:
                    cell.clear()
                cell.printed.add(message["content"]["text"])
        except Exception:
            pass
        return message

    def _keep(self, data: Any, id: Any) -> None:
        cell = self._cell
        # What a %%claude cell shows is the conversation, which Claude knows.
        if cell is None or cell.is_prompt or self._is_ours() or type(data) is not dict:
            return
        if threading.current_thread() is not threading.main_thread():
            return
        self.record.show(cell, data, id if type(id) is str else "")


def _has_hooks(place: Any) -> bool:
    return hasattr(place, "register_hook") and hasattr(place, "unregister_hook")


def _plain_traceback(error: BaseException) -> str:
    """Return a traceback without the error's own text, which its class may compute."""
    lines = ["Traceback (most recent call last):"]
    trace = BaseException.__dict__["__traceback__"].__get__(error)
    while trace is not None and len(lines) < 60:
        code = trace.tb_frame.f_code
        lines.append(f'  File "{code.co_filename}", line {trace.tb_lineno}, in {code.co_name}')
        trace = trace.tb_next
    args = BaseException.__dict__["args"].__get__(error)
    texts = [arg for arg in args if type(arg) is str] if type(args) is tuple else []
    lines.append(": ".join([full_name(bases(type(error))[0]), *texts[:1]]))
    return "\n".join(lines)
