"""What the CLI gets of a form, and whether it takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Union

import pytest
from jupyter_claude_sdk._map.asked import Asked
from jupyter_claude_sdk._map.pool import ClaudePool
from jupyter_claude_sdk._map.process import Reply
from jupyter_claude_sdk._map.row import NoSchema, Row
from jupyter_claude_sdk.lowlevel import AnswerForm, Misfit
from jupyter_claude_sdk.testing import ScriptedModel
from pydantic import BaseModel, Field

from tests.sdk.loops import on_asyncio

MakePool = Callable[..., tuple[ClaudePool, ScriptedModel]]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    code: Annotated[str, Field(pattern=r"^(?P<letter>a)+$")]


@dataclass
class Tree:
    pet: Annotated[Union[Cat, Dog], Field(discriminator="kind")]
    place: tuple[int, str]
    day: date
    price: Decimal
    below: list[Tree] = field(default_factory=list)


GIVEN = {
    "pet": {"kind": "dog", "code": "aa"},
    "place": [1, "x"],
    "day": "2026-11-30",
    "price": "1.50",
}
TREE = Tree(Dog(kind="dog", code="aa"), (1, "x"), date(2026, 11, 30), Decimal("1.50"))


@pytest.mark.cli
@pytest.mark.anyio
@on_asyncio
@pytest.mark.parametrize(
    ("form", "given", "value"),
    [
        pytest.param(list[Tree], {"value": [{**GIVEN, "below": [GIVEN]}]}, None, id="tree"),
        pytest.param(dict[str, int], {"value": {"value": 1}}, {"value": 1}, id="a dict"),
        pytest.param(
            # The CLI refuses an enum with a double, and says nothing.
            {"type": "object", "properties": {"a": {"enum": ["x", "x"]}}},
            {"value": {"a": "x"}},
            {"a": "x"},
            id="loose",
        ),
    ],
)
async def test_the_cli_takes_each_form(form: Any, given: Any, value: Any, pool: MakePool) -> None:
    """The CLI drops a schema that it does not know, so Claude could not answer at all."""
    chosen, model = pool([{"replies": [[{"tool": "StructuredOutput", "input": given}]]}], form)
    async with chosen:
        outcome = await chosen.ask("x")
    expected = (
        [Tree(TREE.pet, TREE.place, TREE.day, TREE.price, [TREE])] if value is None else value
    )
    assert (outcome.value, outcome.error, outcome.attempts) == (expected, None, 1)
    [tool] = model.requests[-1]["tools"]
    assert tool["name"] == "StructuredOutput"
    assert tool["input_schema"]["type"] == "object"


@pytest.mark.pure
def test_what_the_cli_does_not_know_goes_into_words() -> None:
    """Claude would not know the rule, and guess until the form refuses no more."""
    asked = Asked(AnswerForm(Dog))
    assert asked.schema["properties"]["code"] == {
        "type": "string",
        "description": 'Must also fit {"pattern":"^(?P<letter>a)+$"}',
    }
    assert asked.read({"kind": "dog", "code": "aa"}) == TREE.pet
    with pytest.raises(Misfit, match="code"):
        asked.read({"kind": "dog", "code": "b"})


@pytest.mark.pure
def test_references_still_point_at_their_schemas_in_a_wrapped_form() -> None:
    """Such a schema is no schema."""
    asked = Asked(AnswerForm(list[Tree]))
    value = asked.schema["properties"]["value"]
    assert value["items"] == {"$ref": "#/properties/value/$defs/Tree"}
    assert "Tree" in value["$defs"]
    below = value["$defs"]["Tree"]["properties"]["below"]
    assert below["items"] == {"$ref": "#/properties/value/$defs/Tree"}
    given = {"type": "array", "items": {"$ref": "#"}}
    assert Asked(AnswerForm(given)).schema["properties"]["value"]["items"] == {
        "$ref": "#/properties/value"
    }


class Answers:
    """A process whose CLI has not taken the schema at first."""

    def __init__(self, asked: Asked, reply: Reply) -> None:
        self.asked = asked
        self.reply = reply

    async def turn(self, text: str) -> Reply:
        """Answer."""
        return self.reply


@pytest.mark.pure
@pytest.mark.anyio
async def test_an_answer_without_the_tool_is_no_try() -> None:
    """Claude would have one try less, on a busy machine only, because a schema is not strict."""
    asked = Asked(AnswerForm({"type": "object"}))
    row: Any = Row("x", retries=0)
    with pytest.raises(NoSchema):
        await row.ask(Answers(asked, Reply(no_tool=True, answers=1, cost_usd=0.01)))
    done: Any = SimpleNamespace(
        subtype="success", is_error=False, api_error_status=None, result="", permission_denials=[]
    )
    given = Reply(result=done, given={"a": 1}, answers=1, cost_usd=0.02)
    outcome = await row.ask(Answers(asked, given))
    assert (outcome.value, outcome.attempts) == ({"a": 1}, 1)
    assert outcome.cost_usd == pytest.approx(0.03)
