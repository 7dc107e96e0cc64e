"""`HeadlessRun`: executes the tour in a kernel as a user would: runs cells, answers, stops.

It uses the Jupyter protocol and our widget's messages, as a simple client that sends comm messages
on the shell channel. A cell's metadata says what to do in it:
``{"jupyter_claude": {"headless": "approve" | "deny" | "interrupt"}}``. For several requests it is a
list, and ``"instead"`` is what Claude is told to do instead of what is denied. A cell with the tag
``raises-exception`` must fail.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

import anyio
import nbformat
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from .._approvals import HOLD

#: Decides on a request: gets it, the cell's decision, and what Claude is told to do instead.
#: Returns the fields of the answer.
Decide = Callable[[Mapping[str, Any], str, str], Mapping[str, Any]]
Say = Callable[[str], None]

_READ_ON = 120  # characters of an answer before the run presses stop
_LOOK = 2.0  # seconds of silence before the run checks that the kernel lives


class VisitError(Exception):
    """The tour went wrong; the message says where in one line."""


class HeadlessRun:
    """Executes one notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The tour. It gets the outputs.
    decide : callable
        Returns the answer to a request.
    say : callable
        Prints a line.
    limit : float, optional
        Seconds that a cell may take. Default: no limit.
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        decide: Decide,
        say: Say = print,
        limit: float | None = None,
    ) -> None:
        self._notebook = notebook
        self._decide = decide
        self._say = say
        self._limit = limit
        self._displays: dict[str, list[nbformat.NotebookNode]] = {}
        self._manager: AsyncKernelManager
        self._client: AsyncKernelClient

    async def visit(self, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        """Execute the notebook to its end.

        Parameters
        ----------
        folder : Path
            The kernel's working folder.
        environment : Mapping
            The kernel's environment.
        log : Path
            The file for the kernel's own output.

        Raises
        ------
        VisitError
            At the first step that does not do what the tour says.
        """
        # Without folders it is this Python's own kernel, whatever other kernels the user has.
        specs = KernelSpecManager(kernel_dirs=[])
        self._manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
        with log.open("ab") as sink:
            await self._manager.start_kernel(
                extra_arguments=["--ClaudeMagics.widgets=on"],  # else it looks like a console
                env=dict(environment),
                cwd=str(folder),
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            await self._client.wait_for_ready(timeout=120)
            for cell in self._notebook.cells:
                await self._run(cell)
        except RuntimeError as error:  # jupyter_client's error if a kernel does not start
            raise VisitError(f"The kernel did not start ({error}); see {log}") from None
        finally:
            self._client.stop_channels()
            await self._manager.shutdown_kernel()

    async def _run(self, cell: nbformat.NotebookNode) -> None:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("#"):
                    self._say(f"\n{line.lstrip('# ')}\n{'-' * len(line.lstrip('# '))}")
            return
        self._say("\n" + _indented(cell.source, "> "))
        step = _Step(cell)
        step.id = self._client.execute(cell.source, allow_stdin=True, stop_on_error=True)
        try:
            with anyio.fail_after(self._limit):
                await self._follow(step)
        except TimeoutError:
            raise VisitError(f"Cell {cell.id!r} took more than {self._limit} s") from None
        for output in cell.outputs:
            if text := _plain(output):
                self._say(_indented(text, "  "))
        problem = step.problem()
        if problem:
            raise VisitError(f"Cell {cell.id!r}: {problem}")

    async def _follow(self, step: _Step) -> None:
        """Read the kernel's messages until the cell is done."""
        while not step.idle:
            try:
                message = await self._client.get_iopub_msg(timeout=_LOOK)
            except Empty:
                if not await self._manager.is_alive():
                    raise VisitError(f"The kernel died in cell {step.cell.id!r}") from None
                continue
            await self._take(message, step)
            if step.decisions == ["interrupt"] and step.read >= _READ_ON and not step.stopped:
                step.stopped = True
                self._say("  [stop button pressed]")
                await self._manager.interrupt_kernel()
        while True:
            reply = await self._client.get_shell_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == step.id:
                step.reply = reply["content"]
                step.cell.execution_count = step.reply.get("execution_count")
                return

    async def _take(self, message: Mapping[str, Any], step: _Step) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind in ("comm_open", "comm_msg"):
            if content["data"].get("method") == "custom":
                await self._take_custom(content["comm_id"], content["data"]["content"], step)
        elif kind == "update_display_data":
            for output in self._displays.get(content["transient"].get("display_id"), ()):
                output.data = nbformat.from_dict(content["data"])
                output.metadata = nbformat.from_dict(content["metadata"])
        elif message["parent_header"].get("msg_id") != step.id:
            return
        elif kind == "status":
            step.idle = content["execution_state"] == "idle"
        elif kind == "clear_output":
            step.clear(bool(content.get("wait")))
        elif kind in ("stream", "display_data", "execute_result", "error"):
            output = step.add(message)
            display_id = content.get("transient", {}).get("display_id")
            if display_id:
                self._displays.setdefault(display_id, []).append(output)

    async def _take_custom(self, comm_id: str, content: Mapping[str, Any], step: _Step) -> None:
        if content.get("type") == "snapshot":
            turn = content["turn"]
            step.read = sum(len(item.get("text", "")) for item in turn["items"])
            requests = turn["requests"]
        elif content.get("type") == "patch":
            requests = [op[1] for op in content["ops"] if op[0] == "request"]
            step.read += sum(_length(op) for op in content["ops"])
        else:
            return
        for request in requests:
            if request["id"] in step.answered:
                continue
            shown = monotonic()
            answer = self._decide(request, step.decision, step.instead)
            step.answered[request["id"]] = str(answer["behavior"])
            await anyio.sleep(max(0.0, shown + HOLD - monotonic()))  # an earlier one is refused
            waited = (monotonic() - shown) * 1000
            data = {"type": "answer", "request": request["id"], **answer, "waited": waited}
            self._send(comm_id, data)

    def _send(self, comm_id: str, content: Mapping[str, Any]) -> None:
        data = {"method": "custom", "content": content}
        message = self._client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self._client.shell_channel.send(message)


class _Step:
    """A running cell."""

    def __init__(self, cell: nbformat.NotebookNode) -> None:
        self.cell = cell
        says = cell.metadata.get("jupyter_claude", {})
        found = says.get("headless", [])
        self.decisions = [found] if isinstance(found, str) else list(found)
        self.instead = str(says.get("instead", ""))
        self.id = ""
        self.idle = False
        self.stopped = False
        self.read = 0
        self.reply: Mapping[str, Any] = {}
        self.answered: dict[str, str] = {}
        self._clear_first = False
        cell.outputs = []

    @property
    def decision(self) -> str:
        """What to do with the next request; "" for nothing."""
        later = self.decisions[len(self.answered) :]
        return (later or self.decisions[-1:] or [""])[0]

    def clear(self, wait: bool) -> None:
        if wait:
            self._clear_first = True
        else:
            self.cell.outputs.clear()

    def add(self, message: Mapping[str, Any]) -> nbformat.NotebookNode:
        if self._clear_first:
            self.cell.outputs.clear()
            self._clear_first = False
        output: nbformat.NotebookNode = nbformat.v4.output_from_msg(message)
        last: nbformat.NotebookNode | None = self.cell.outputs[-1] if self.cell.outputs else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text
            return last
        self.cell.outputs.append(output)
        return output

    def problem(self) -> str:
        """Return what differs from the tour; "" if nothing does."""
        failed = self.reply.get("status") != "ok"
        error = f"{self.reply.get('ename')}: {self.reply.get('evalue')}"
        if self.decisions == ["interrupt"]:
            if failed and self.reply.get("ename") == "TurnInterrupted":
                return ""
            return f"expected the turn to be interrupted, got {error if failed else 'its end'}"
        if "raises-exception" in self.cell.metadata.get("tags", ()):
            return "" if failed else "expected an error"
        if failed:
            return error
        if self.decisions:
            if not self.answered:
                return "Claude asked for no permission"
            for decision in self.decisions:
                wanted = "allow" if decision == "approve" else "deny"
                if wanted not in self.answered.values():
                    return f"the tour says {decision}, but the run did not do that"
        elif self.cell.source.startswith("%%claude") and not any(map(_plain, self.cell.outputs)):
            return "no answer appeared"
        return ""


def _length(operation: list[Any]) -> int:
    """Return how much text a change of the turn adds."""
    if operation[0] == "append":
        return len(operation[2])
    if operation[0] == "put" and operation[1]["kind"] == "text":
        return len(operation[1]["text"])
    return 0


def _plain(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text).strip()
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    if "application/vnd.jupyter.widget-view+json" in output.data:
        return ""
    return str(output.data.get("text/plain", "")).strip()


def _indented(text: str, margin: str) -> str:
    return "\n".join((margin + line).rstrip() for line in text.splitlines())
