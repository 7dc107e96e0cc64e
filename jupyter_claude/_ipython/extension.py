"""Loads the extension into IPython's shell, and unloads it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .._kernel.claude_code import inside
from .._kernel.comms import CommBridge, kernel_loop
from .._kernel.control import ControlAnswers
from .._lazy_parts import LazyParts
from .._looking.recorder import Recorder
from .._settings import Settings, changed_in
from .._turns.code_cells import insert_with
from .._views.lab_comm import close_lab_comm, open_lab_comm
from .._views.script import ScriptFrontend
from .cells import CellTransformer, use
from .completing import MentionCompleter
from .displays import Displays
from .frontends import KernelFrontend, TerminalFrontend
from .kept_code import KeptCode
from .loop_errors import LoopErrors
from .magics import ClaudeMagics
from .nested_loops import NestedLoops
from .next_cell import NextCell
from .run_calls import RunCalls


class _Loaded:
    def __init__(self, shell: Any, session: LazyParts) -> None:
        self.transformer = CellTransformer(shell)
        self.magics = ClaudeMagics(shell, session)
        # `claude.settings` works above %load_ext too. What was set there counts more than a file.
        for name, value in changed_in(session.host.settings).items():
            setattr(self.magics, name, value)
        self.bridge = CommBridge.install(shell, enabled=self.magics.comm_bridge)
        self.magics.observe(lambda _: self.install_bridge(shell, session), "comm_bridge")
        self._aliases = False
        self.change_aliases(self.magics.compat)
        self.magics.observe(lambda change: self.change_aliases(change["new"]), "compat")
        self._loops: list[Callable[[], None]] = []
        if getattr(shell, "kernel", None) is not None:
            for part in (RunCalls(shell), LoopErrors(shell), NestedLoops(self.magics)):
                part.start()
                self._loops.append(part.stop)

    def change_aliases(self, wanted: bool) -> None:
        """Provide the other SDKs' module names, or stop. A program's own registration stays."""
        imported = sys.modules.get("jupyter_claude_sdk.compat")
        if wanted and (imported is None or not imported.registered()):
            from jupyter_claude_sdk.compat import register

            register()
            self._aliases = True
        elif not wanted and self._aliases:
            imported.unregister()  # type: ignore[union-attr]
            self._aliases = False

    def leave_loops(self) -> None:
        """Leave the user's calls of asyncio.run to Python."""
        for stop in self._loops:
            stop()

    def install_bridge(self, shell: Any, session: LazyParts) -> None:
        """Install the comm bridge again."""
        self.bridge.uninstall()
        self.bridge = CommBridge.install(shell, enabled=self.magics.comm_bridge)
        session.host.frontend.bridge = self.bridge.state


_loaded: dict[int, _Loaded] = {}  # by the shell's id; a process has one shell
#: What undoes the rest of what a session does in a shell.
_undo: dict[int, list[Callable[[], None]]] = {}


def load(shell: Any, session: LazyParts) -> None:
    """Add the magics, the transformer, the comm bridge and the session's settings to `shell`."""
    if id(shell) in _loaded:
        return
    session.usable.check(shell)
    loaded = _loaded[id(shell)] = _Loaded(shell, session)
    # It must come first: the next transformers remove a leading `>>> `, also in the prompt.
    shell.input_transformers_cleanup.insert(0, loaded.transformer)
    shell.register_magics(loaded.magics)
    use(session)
    session.host.settings = loaded.magics
    _settle(shell, session, loaded.bridge)
    if getattr(shell, "kernel", None) is not None and kernel_loop(shell) is None:
        _undo[id(shell)].append(_finish_in_first_cell(shell, session, loaded))


def _finish_in_first_cell(shell: Any, session: LazyParts, loaded: _Loaded) -> Callable[[], None]:
    """Install the bridge and open the comms once a cell runs; return what cancels that.

    IPython's settings load extensions before the kernel has its event loop. Until a cell runs, it
    is also unknown whether a user can be asked.
    """

    def finish(*_: Any) -> None:
        if kernel_loop(shell) is None:  # a start-up file
            return
        cancel()
        loaded.install_bridge(shell, session)
        open_lab_comm(session, shell)

    def cancel() -> None:
        with suppress(ValueError):  # it has finished
            shell.events.unregister("pre_run_cell", finish)

    shell.events.register("pre_run_cell", finish)
    return cancel


def attach(session: LazyParts) -> None:
    """In IPython without ``%load_ext``: show requests and take answers all the same."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        _settle(
            shell, session, CommBridge.install(shell, enabled=session.host.settings.comm_bridge)
        )


def _settle(shell: Any, session: LazyParts, bridge: CommBridge) -> None:
    in_kernel = getattr(shell, "kernel", None) is not None
    session.host.frontend = (
        KernelFrontend(
            shell,
            lambda: session.host.settings.widgets,
            lambda: session.parts.conversation.watched,
        )
        if in_kernel
        else TerminalFrontend(shell)
    )
    session.host.frontend.bridge = bridge.state
    if id(shell) not in _undo:
        _undo[id(shell)] = _hear(shell, session)
    if in_kernel:
        open_lab_comm(session, shell)
        ControlAnswers.install(
            shell,
            lambda request, answer: session.parts.approvals.answer(request, answer),
            # A press without an id is no press of ours.
            lambda press: press and session.parts.kernel_tools.stop(press),
        )


def _hear(shell: Any, session: LazyParts) -> list[Callable[[], None]]:
    """Begin to hear of cells and of Tab; return what ends that."""
    recorder = session.host.recorder = Recorder(shell, inside)
    recorder.start()
    completer = MentionCompleter(shell, lambda: session.parts.kernel_tools.mentions())
    completer.start()
    displays = Displays(shell)
    displays.start()
    return [
        KeptCode(shell).stop,
        insert_with(NextCell(shell)),
        recorder.stop,
        completer.stop,
        displays.stop,
    ]


def unload(shell: Any, session: LazyParts) -> None:
    """Remove everything from `shell`, and end the CLI."""
    loaded = _loaded.pop(id(shell), None)
    if loaded is None:
        return
    for undo in _undo.pop(id(shell)):
        undo()
    close_lab_comm(session)
    ControlAnswers.uninstall(shell)
    session.host.frontend.spawn(session.parts.close())
    loaded.bridge.uninstall()
    loaded.change_aliases(False)
    loaded.leave_loops()
    shell.input_transformers_cleanup.remove(loaded.transformer)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("claude", None)
    shell.magics_manager.registry.pop("ClaudeMagics", None)
    # IPython's `Magics` adds itself there.
    shell.configurables.remove(loaded.magics)
    session.host.recorder = None
    session.host.settings = Settings()
    session.host.frontend = ScriptFrontend()
