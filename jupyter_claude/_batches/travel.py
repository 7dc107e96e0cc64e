"""`Asking`: how rows are asked, as workers get it: without keys, paths and environment."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import AnswerForm, Asked, ClaudePool, value_reader

from .._process.permitted import permitted_rows
from .pickling import packed, unpacked

#: The options that go to workers: they choose the model and how it works. The others say how this
#: machine reaches Claude, or may hold keys. A worker has its own CLI, environment and sign-in.
TRAVEL = (
    *("model", "fallback_model", "effort", "thinking", "max_thinking_tokens", "task_budget"),
    *("system_prompt", "append_system_prompt", "betas", "max_turns", "disallowed_tools"),
)


@dataclass(eq=False)
class Asking:
    """How rows are asked. It can be pickled with any schema.

    Attributes
    ----------
    chosen : dict
        The options of `TRAVEL`.
    schema : type or dict, optional
        What an answer is; None for a text.
    retries : int
        How often a wrong answer goes back to Claude.
    tools : tuple of str
        Claude Code's tools that a row may use.
    folder : str, optional
        Where the folders of the rows are made.
    """

    chosen: dict[str, Any] = field(default_factory=dict)
    schema: Any = None
    retries: int = 2
    tools: tuple[str, ...] = ()
    folder: str | None = None
    _packed: bytes | None = field(default=None, repr=False)
    _plain: dict[str, Any] | None = field(default=None, repr=False)  # the JSON Schema

    @classmethod
    def of(
        cls,
        options: ClaudeAgentOptions,
        schema: Any,
        retries: int,
        tools: Sequence[str],
        folder: str | os.PathLike[str] | None,
    ) -> Asking:
        """Return what workers get of the arguments of ``claude.map``."""
        chosen = {name: getattr(options, name) for name in TRAVEL}
        place = None if folder is None else os.fspath(folder)
        return cls(chosen, schema, retries, tuple(tools), place)

    @property
    def options(self) -> ClaudeAgentOptions:
        """The options of the processes."""
        return ClaudeAgentOptions(**self.chosen)

    def permitted(self) -> ClaudeAgentOptions:
        """Return the options, as the policy of this machine allows them.

        Raises
        ------
        ClaudeError
            If it does not.
        """
        return permitted_rows(self.options, self.tools, self.folder)

    @cached_property
    def form(self) -> AnswerForm[Any] | None:
        """The form of the answers; None for texts."""
        if self._packed is None and self._plain is None:
            return None if self.schema is None else AnswerForm[Any](self.schema)
        try:
            assert self._packed is not None
            self.schema = unpacked(self._packed)
            return AnswerForm[Any](self.schema)
        except Exception:
            # The type needs what this machine has not, such as the cell that names it. Its JSON
            # Schema says the same but for validators; these run where the rows come from.
            self.schema = self._plain
            return AnswerForm[Any](self._plain)

    @cached_property
    def read(self) -> Callable[[str], Any] | None:
        """A function that makes a value of an answer's text; None if the text is the value."""
        return None if self.form is None else value_reader(Asked(self.form).read)

    def pool(self, size: int) -> ClaudePool:
        """Return a pool of processes on this machine, for so many rows at the same time."""
        return ClaudePool(
            self.permitted(),
            size=size,
            form=self.form,
            retries=self.retries,
            tools=list(self.tools),
            folder=None if self.folder is None else Path(self.folder),
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        if self.form is not None:
            packed_schema = self._packed or packed(self.schema)
            state.update(schema=None, _packed=packed_schema, _plain=self.form.schema)
        return state


def check_tools(tools: Sequence[str]) -> None:
    """Refuse tools that workers have not.

    Raises
    ------
    ValueError
        One line says which.
    """
    here = [rule for rule in tools if rule.startswith("mcp__")]
    if here:
        raise ValueError(
            f"{here[0]} is a tool of an MCP server, and workers have no MCP servers; use Claude "
            "Code's own tools"
        )
