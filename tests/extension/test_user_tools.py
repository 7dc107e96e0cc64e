"""``@claude.tool``: what Claude gets of a function, and how calls reach it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from jupyter_claude._user_tools.signature import InputError, signature_of
from jupyter_claude._user_tools.tools import UserTools

pytestmark = pytest.mark.pure


@dataclass
class Place:
    city: str
    country: str = "DE"


def weather(
    place: Place, day: date | None = None, unit: Literal["C", "F"] = "C", *, hours: int = 24
) -> str:
    """Say the weather of a place.

    Use it for today and the next days.
    """
    return f"{place.city} {day} {unit} {hours}"


class Runs:
    """Keeps the calls, as the kernel would run them."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def __call__(self, function: Any, arguments: Any, name: str, call: str) -> dict[str, Any]:
        self.calls.append((name, call, function(**arguments)))
        return {"content": [{"type": "text", "text": str(function(**arguments))}]}


async def ask(tools: UserTools, full_name: str, **given: Any) -> dict[str, Any]:
    """Call a tool as Claude Code does."""
    _, server, name = full_name.split("__")
    message = {
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": given, "_meta": {"claudecode/toolUseId": "toolu_1"}},
    }
    answer = await tools.servers[server]["instance"].answer(message)
    result: dict[str, Any] = answer["result"]
    return result


def test_claude_reads_types_and_docstring() -> None:
    """Else Claude must guess what to give, and each guess costs a call."""
    read = signature_of(weather)
    assert read.name == "weather"
    assert read.description.startswith("Say the weather of a place.\n\nUse it for")
    properties = read.schema["properties"]
    assert list(properties) == ["place", "day", "unit", "hours"]
    assert properties["unit"]["enum"] == ["C", "F"]
    assert properties["day"]["anyOf"][0] == {"type": "string", "format": "date"}
    assert read.schema["required"] == ["place"]
    assert "title" not in str(read.schema)


def test_a_parameter_can_have_words_of_its_own() -> None:
    def look(days: Annotated[int, Field(ge=1, description="How many days")] = 1) -> None:
        """Look."""

    read = signature_of(look)
    expected = {"default": 1, "description": "How many days", "minimum": 1, "type": "integer"}
    assert read.schema["properties"]["days"] == expected
    with pytest.raises(InputError, match="days: Input should be greater than or equal to 1"):
        read.check({"days": 0})


def test_a_parameter_may_be_called_title() -> None:
    """Else a function with that parameter cannot be called."""

    def name_it(title: str) -> None:
        """Name it."""

    assert signature_of(name_it).schema["properties"] == {"title": {"type": "string"}}


@pytest.mark.anyio
async def test_a_call_gets_the_types_of_the_function() -> None:
    """Else the function gets dicts and texts in place of its own types."""
    runs = Runs()
    tools = UserTools(runs)
    tools.add(weather)
    result = await ask(
        tools, "mcp__user__weather", place={"city": "Bonn"}, day="2026-11-30", unit="F"
    )
    assert runs.calls == [("weather", "toolu_1", "Bonn 2026-11-30 F 24")]
    assert result["content"][0]["text"] == "Bonn 2026-11-30 F 24"
    wrong = await ask(tools, "mcp__user__weather", place={"town": 1}, depth=2)
    assert wrong["isError"]
    text = wrong["content"][0]["text"]
    assert text.startswith("Wrong input for weather: place.city: ")
    assert "depth: Unexpected keyword argument" in text
    assert len(runs.calls) == 1


@pytest.mark.anyio
async def test_a_function_that_is_defined_again_replaces_the_tool() -> None:
    """Else Claude calls the old function, or a new one runs that the user has not approved."""
    tools = UserTools(Runs())

    def make(result: str) -> Any:
        def say(word: str) -> str:
            """Say it."""
            return result

        return say

    assert tools.add(make("one")).full_name == "mcp__user__say"
    tools.allow(tools["say"])
    assert tools.allows("mcp__user__say")
    before = tools.servers
    tools.add(make("two"))
    assert tools.servers is before, "no new server: Claude Code would start again"
    assert not tools.allows("mcp__user__say"), "the user must see the new function's first call"
    assert (await ask(tools, "mcp__user__say", word="x"))["content"][0]["text"] == "two"

    def say(word: str, times: int = 1) -> str:
        """Say it."""
        return word * times

    tools.add(say)
    assert tools.servers is not before, "Claude Code must read the new input"
    assert (await ask(tools, "mcp__user__say", word="x", times=2))["content"][0]["text"] == "xx"


@pytest.mark.anyio
async def test_a_removed_tool_is_gone() -> None:
    tools = UserTools(Runs())
    tools.add(weather)
    server = tools.servers["user"]["instance"]
    tools.remove("weather")
    assert not tools.servers
    assert list(tools) == []
    answer = await server.answer(
        {"id": 1, "method": "tools/call", "params": {"name": "weather", "arguments": {}}}
    )
    assert "is gone" in answer["result"]["content"][0]["text"]
    with pytest.raises(KeyError, match="There is no tool 'wether'; there are none"):
        tools.remove("wether")


def no_docstring(x: int) -> None: ...


def positional(x: int, /) -> None:
    """Take it."""


def several(*x: int) -> None:
    """Take them."""


def strange(x: Runs) -> None:
    """Take it."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_docstring, "needs a docstring"),
        (positional, "gives each argument by its name"),
        (several, "gives each argument by its name"),
        (strange, "no JSON form"),
        (lambda x: x, "cannot be a tool's name"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused(function: Any, words: str) -> None:
    """Else the mistake shows only when Claude calls it, or breaks the session's start."""
    tools = UserTools(Runs())
    with pytest.raises(TypeError, match=words) as raised:
        tools.add(function)
    assert "\n" not in str(raised.value)
    assert len(tools) == 0
