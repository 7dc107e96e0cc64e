"""`OwnTools`: the tools that the extension itself gives Claude, and what the user said of them."""

from __future__ import annotations

from typing import Any

from jupyter_claude_sdk import HookMatcher, ToolPermissionContext

from .._kernel_tools.kernel_tools import KernelTools
from .._notebook.tools import NotebookTools
from .._requests import OwnRequest
from .._turns.turn import Turn
from .answers import Answers
from .hooks import joined


class OwnTools:
    """The tools of the kernel, of the open notebook and of the user.

    Parameters
    ----------
    kernel : KernelTools
        The tools of the kernel, and those that the user made.
    notebook : NotebookTools
        The tools of the open notebook.
    answers : Answers
        The tool that gives a value.
    """

    def __init__(self, kernel: KernelTools, notebook: NotebookTools, answers: Answers) -> None:
        self._kernel = kernel
        self._notebook = notebook
        self._answers = answers

    async def ready(self) -> None:
        """Make sure that it is known which tools there are, before a start of Claude Code."""
        await self._notebook.ready()

    @property
    def servers(self) -> dict[str, Any]:
        """The servers for the option ``mcp_servers``."""
        return {**self._kernel.servers, **self._notebook.servers, **self._answers.servers}

    @property
    def prompt(self) -> str:
        """The part of the system prompt that tells of the tools; "" without any."""
        return "\n".join(filter(None, (self._kernel.prompt, self._notebook.prompt)))

    def hooks(self) -> dict[Any, list[HookMatcher]]:
        """Return the hooks, for the options at a start."""
        return joined(self._notebook.hooks(), self._answers.hooks())

    def allows(self, tool: str, turn: Turn) -> bool:
        """Whether the user has allowed a call already."""
        return self._answers.allows(tool) or self._kernel.allows(tool, turn)

    async def request(
        self, tool: str, tool_input: dict[str, Any], context: ToolPermissionContext, turn: Turn
    ) -> OwnRequest | str | None:
        """Return the request for a call of these tools; None for other tools.

        A text says why the call would do nothing, for Claude.
        """
        kernels = self._kernel.request(tool, tool_input, context.tool_use_id, turn)
        if kernels is not None:
            return kernels
        return await self._notebook.request(tool, tool_input, context.decision_reason or "")
