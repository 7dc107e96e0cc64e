"""What Claude is told of a tool's input, and what the tool's function gets."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from jupyter_claude_sdk._mcp.schemas import InputError, input_schema, reader
from pydantic import BaseModel, Field
from typing_extensions import Doc, NotRequired, Required, TypedDict

pytestmark = pytest.mark.pure

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(TypedDict):
    x: Annotated[float, "Metres to the east"]
    y: NotRequired[float]


class Search(TypedDict, total=False):
    text: Required[str]
    limit: int
    near: Point


@dataclass
class Place:
    name: str
    at: Point | None = None
    tags: list[str] = field(default_factory=list)
    kind: Literal["town", "river"] = field(default="town", metadata={"description": "What it is"})
    colour: Colour = Colour.RED


@dataclass
class Tree:
    value: int
    children: list[Tree] = field(default_factory=list)


class Order(BaseModel):
    item: str = Field(description="What to buy")
    number: int = Field(default=1, ge=1)
    places: list[Place] = []


UserId = NewType("UserId", int)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, TEXT),
        (int, WHOLE),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (dict, {"type": "object"}),
        (list, {"type": "array"}),
        ("string", TEXT),
        (Any, {}),
        (list[int], {"type": "array", "items": WHOLE}),
        (Sequence[int], {"type": "array", "items": WHOLE}),
        (set[str], {"type": "array", "items": TEXT, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": WHOLE}),
        (
            tuple[str, int],
            {"type": "array", "prefixItems": [TEXT, WHOLE], "minItems": 2, "maxItems": 2},
        ),
        (dict[str, int], {"type": "object", "additionalProperties": WHOLE}),
        (Optional[int], {"anyOf": [WHOLE, {"type": "null"}]}),  # noqa: UP045 - both ways to write it
        (Union[int, str], {"anyOf": [WHOLE, TEXT]}),
        (int | str, {"anyOf": [WHOLE, TEXT]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, "b", None], {"enum": [1, "b", None]}),
        (Colour, {"type": "string", "enum": ["red", "blue"]}),
        (Annotated[str, "A city"], {"type": "string", "description": "A city"}),
        (Annotated[str, Doc("A city")], {"type": "string", "description": "A city"}),
        (
            Annotated[int, Field(description="How many", ge=0)],
            {"type": "integer", "description": "How many", "minimum": 0},
        ),
        (UserId, WHOLE),
        (datetime.date, {"type": "string", "format": "date"}),
        ({"deep": int}, {"type": "object", "properties": {"deep": WHOLE}, "required": ["deep"]}),
        ({"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 3}),
    ],
)
def test_each_python_type_has_its_schema(kind: Any, schema: Any) -> None:
    """Claude would guess what to send, and the function get something else."""
    whole = input_schema({"value": kind})
    assert whole == {"type": "object", "properties": {"value": schema}, "required": ["value"]}


def test_no_input_and_a_json_schema_stay_as_they_are() -> None:
    """A schema written by hand says more than a type can."""
    assert input_schema({}) == {"type": "object", "properties": {}, "required": []}
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}}
    assert input_schema(schema) == schema
    assert input_schema({"properties": {"a": TEXT}})["type"] == "object"
    # Names that JSON Schema uses too are fine in a simple map.
    assert list(input_schema({"type": str, "properties": dict})["properties"]) == [
        "type",
        "properties",
    ]
    assert input_schema({"q": str, "limit": NotRequired[int]})["required"] == ["q"]


def test_a_typed_dict_says_what_may_be_left_out() -> None:
    """Claude would have to invent a value for what the function does not need."""
    point = {
        "type": "object",
        "properties": {
            "x": {"type": "number", "description": "Metres to the east"},
            "y": {"type": "number"},
        },
        "required": ["x"],
    }
    assert input_schema(Search) == {
        "type": "object",
        "properties": {"text": TEXT, "limit": WHOLE, "near": point},
        "required": ["text"],
    }
    value = {"text": "a", "near": {"x": 1}}
    assert reader(Search, input_schema(Search))(value) is value


def test_a_dataclass_becomes_an_instance() -> None:
    """The function would have to unpack and convert by hand."""
    schema = input_schema(Place)
    assert schema["required"] == ["name"]
    assert schema["properties"]["kind"] == {
        "type": "string",
        "enum": ["town", "river"],
        "description": "What it is",
        "default": "town",
    }
    assert schema["properties"]["colour"]["default"] == "red"
    read = reader(Place, schema)
    assert read({"name": "Ulm", "at": {"x": 1.5}, "colour": "blue"}) == Place(
        "Ulm", {"x": 1.5}, colour=Colour.BLUE
    )
    with pytest.raises(InputError, match=r"^name: .*required; kind: .*'town' or 'river'$"):
        read({"kind": "sea"})


def test_a_pydantic_model_becomes_an_instance() -> None:
    """Its own limits and descriptions are why it was written."""
    schema = input_schema(Order)
    assert schema["properties"]["item"]["description"] == "What to buy"
    order = reader(Order, schema)({"item": "tea", "places": [{"name": "Ulm"}]})
    assert order == Order(item="tea", places=[Place("Ulm")])
    with pytest.raises(InputError, match=r"^number: .*greater than or equal to 1$"):
        reader(Order, schema)({"item": "tea", "number": 0})
    # Inside another form, its definitions are found at the top.
    assert "Place" in input_schema({"order": Order})["$defs"]


def test_a_class_may_hold_itself() -> None:
    """Describing a tree would never end."""
    schema = input_schema(Tree)
    assert schema["type"] == "object"
    assert schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    assert "Tree" in schema["$defs"]
    tree = reader(Tree, schema)({"value": 1, "children": [{"value": 2}]})
    assert tree == Tree(1, [Tree(2)])


@pytest.mark.parametrize(
    ("described", "value", "said"),
    [
        ({"a": float}, {}, "'a' is a required property"),
        ({"a": float}, {"a": "x"}, "a: 'x' is not of type 'number'"),
        ({"a": Point}, {"a": {"x": None}}, "a.x: None is not of type 'number'"),
        ({"a": Literal["b", "c"]}, {"a": "d"}, "a: 'd' is not one of ['b', 'c']"),
        (
            {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}},
            {"n": -1},
            "n: -1 is less than the minimum of 0",
        ),
    ],
)
def test_wrong_input_is_said_in_one_line(described: Any, value: Any, said: str) -> None:
    """Claude corrects its call only if it is told what was wrong with it."""
    with pytest.raises(InputError) as error:
        reader(described, input_schema(described))(value)
    assert str(error.value) == said


def test_a_long_wrong_input_is_not_quoted_whole() -> None:
    """A megabyte would go back to the model."""
    with pytest.raises(InputError) as error:
        reader({"a": int}, input_schema({"a": int}))({"a": "x" * 100_000})
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (5, "must be a dict, a TypedDict, a dataclass or a pydantic model, not 5"),
        (int, "must be a dict, a TypedDict, a dataclass or a pydantic model, not int"),
        ({"type": "array"}, "a tool's input is an object, not 'array'"),
        ({"a": "text"}, "a: 'text' is not a type"),
        ({"a": object()}, "a: <object object.* has no JSON Schema"),
        ({"a": list[pytest.Item]}, "a: Item has no JSON Schema"),
    ],
)
def test_what_is_no_schema_is_refused_at_once(described: Any, said: str) -> None:
    """Else the tool is there and takes anything, or the session fails much later."""
    with pytest.raises(TypeError, match=said):
        input_schema(described)


def test_a_json_schema_with_a_fault_is_refused_at_once() -> None:
    """The API refuses every request of the session then."""
    schema = {"type": "object", "properties": {"a": {"type": "txt"}}}
    with pytest.raises(TypeError, match="the JSON Schema is not valid"):
        reader(schema, input_schema(schema))


def test_a_class_whose_types_cannot_be_found_is_refused_with_the_remedy() -> None:
    """A NameError out of the library says nothing about the tool."""

    class Hidden:
        pass

    @dataclass
    class Uses:
        what: Hidden

    with pytest.raises(TypeError, match=r"Uses: .*'Hidden'.*define the classes .* at the top"):
        input_schema(Uses)
