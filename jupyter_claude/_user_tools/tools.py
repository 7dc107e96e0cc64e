"""`UserTools`: the functions that the user gave Claude as tools, with ``@claude.tool``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from jupyter_claude_sdk.lowlevel import LightServer, LightTool

from .._did_you_mean import did_you_mean
from .._tables import Column, Report, Table
from .signature import InputError, Signature, signature_of

_SERVER = "user"
_VERSION = "1.0"
_COLUMNS = (Column("tool", "name"), Column("what it does", "text"))

#: Runs a function with its arguments in the kernel, for the call with this id.
Run = Callable[[Callable[..., Any], "dict[str, Any]", str, str], Any]


@dataclass(frozen=True)
class UserTool:
    """A function that Claude can call.

    Attributes
    ----------
    name : str
        Its name in ``claude.tools``.
    full_name : str
        Its name in permission rules, such as ``mcp__user__weather``.
    description : str
        What Claude reads about it.
    function : callable
        The function.
    """

    name: str
    full_name: str
    description: str
    function: Callable[..., Any]


class UserTools:
    """The tools that the user made, by name. ``claude.tools`` is one.

    Parameters
    ----------
    run : callable
        Runs a function in the kernel, and returns the result for Claude.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tools: dict[str, UserTool] = {}
        self._signatures: dict[str, Signature] = {}
        self._allowed: set[str] = set()
        self._made: dict[str, Any] | None = None

    def add(self, function: Callable[..., Any], name: str | None = None) -> UserTool:
        """Make a tool of a function, or replace the tool of that name.

        Raises
        ------
        TypeError
            If the function cannot be a tool. The message is one line.
        """
        signature = signature_of(function, name)
        tool = UserTool(
            signature.name, f"mcp__{_SERVER}__{signature.name}", signature.description, function
        )
        if self._signatures.get(tool.name) != signature:
            self._made = None
        self._tools[tool.name], self._signatures[tool.name] = tool, signature
        self._allowed.discard(tool.name)  # another function: the user must see its next call
        return tool

    def remove(self, name: str) -> None:
        """Take a tool from Claude. Later prompts do not have it.

        Raises
        ------
        KeyError
            If there is no such tool.
        """
        if name not in self._tools:
            hint = (
                did_you_mean(name, self._tools) or f"there are {', '.join(self._tools) or 'none'}"
            )
            raise KeyError(f"There is no tool {name!r}; {hint}")
        del self._tools[name], self._signatures[name]
        self._allowed.discard(name)
        self._made = None

    def __iter__(self) -> Iterator[UserTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __getitem__(self, name: str) -> UserTool:
        return self._tools[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def _report(self) -> Report:
        if not self._tools:
            return Report("No tools of your own; write @claude.tool above a function")
        rows = [(tool.full_name, tool.description.partition("\n")[0]) for tool in self]
        return Report(Table("Your tools", _COLUMNS, rows))

    def __repr__(self) -> str:
        return repr(self._report())

    def _repr_html_(self) -> str:
        return self._report()._repr_html_()

    # --- for the engine -----------------------------------------------------------------------

    @property
    def servers(self) -> dict[str, Any]:
        """The servers for the option ``mcp_servers``; the same until Claude sees another tool."""
        if self._made is None:
            tools = [self._light(tool) for tool in self]
            server = LightServer(_SERVER, _VERSION, tools)
            self._made = {_SERVER: server.config()} if tools else {}
        return self._made

    def schemas(self) -> dict[str, Any]:
        """Return the schemas of the tools' inputs, by the tools' names."""
        return {name: signature.schema for name, signature in sorted(self._signatures.items())}

    def named(self, full_name: str) -> UserTool | None:
        """Return the tool with this name in permission rules; None if it is not one of these."""
        return next((tool for tool in self if tool.full_name == full_name), None)

    def allow(self, tool: UserTool) -> None:
        """Let a tool run without a question, until it changes."""
        self._allowed.add(tool.name)

    def allows(self, full_name: str) -> bool:
        """Whether the user lets a tool run without a question."""
        tool = self.named(full_name)
        return tool is not None and tool.name in self._allowed

    def _light(self, tool: UserTool) -> LightTool:
        schema = self._signatures[tool.name].schema
        call = partial(self._call, tool.full_name)
        return LightTool(tool.name, tool.description, schema, call, always_load=True)

    async def _call(self, full_name: str, given: dict[str, Any], call: str) -> dict[str, Any]:
        tool = self.named(full_name)
        if tool is None:
            return _failed(f"The tool {full_name} is gone: the user removed or replaced it")
        try:
            arguments = self._signatures[tool.name].check(given)
        except InputError as error:
            return _failed(f"Wrong input for {tool.name}: {error}")
        result: dict[str, Any] = await self._run(tool.function, arguments, tool.name, call)
        return result


def _failed(line: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": line}], "isError": True}
