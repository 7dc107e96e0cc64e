"""Fails if an answer of the model becomes another value than the user's type says, or none."""

from __future__ import annotations

import asyncio
import json
import re
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, Union
from uuid import UUID

import pytest
import typing_extensions
from jupyter_claude_sdk.lowlevel import AnswerForm, Misfit, cells_of, to_pandas, to_polars
from pydantic import BaseModel, Field

from jupyter_claude._answers.items import ItemScanner
from tests.extension.answers.shapes import Even

pytestmark = pytest.mark.pure


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Place(typing.TypedDict):
    city: str
    zip: typing_extensions.NotRequired[int]


class Point(NamedTuple):
    """Where it is."""

    x: int
    y: int = 0


@dataclass
class Review:
    """A review of a product."""

    text: str
    stars: int
    mood: Mood
    place: Place
    point: Point
    price: Decimal
    day: date
    note: str | None = None


class Strict(BaseModel, strict=True):
    """Takes nothing that must be converted, apart from JSON's own forms."""

    day: date
    mood: Mood
    price: Decimal


T = TypeVar("T")


class Box(typing.TypedDict, Generic[T]):
    item: T
    more: typing_extensions.NotRequired[list[T]]


@dataclass
class Pair(Generic[T]):
    first: T
    label: str


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


REVIEW = {
    "text": "Fine",
    "stars": 4,
    "mood": "good",
    "place": {"city": "Rome"},
    "point": {"x": 1},
    "price": "12.50",
    "day": "2026-11-30",
}
AS_REVIEW = Review(
    "Fine", 4, Mood.GOOD, {"city": "Rome"}, Point(1, 0), Decimal("12.50"), date(2026, 11, 30)
)

#: A type, an answer, and its value.
TYPES: list[tuple[Any, Any, Any]] = [
    (str, "a", "a"),
    (int, 3, 3),
    (float, 0.5, 0.5),
    (bool, True, True),
    (list[int], [1, 2], [1, 2]),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (Review, REVIEW, AS_REVIEW),
    (list[Review], [REVIEW], [AS_REVIEW]),
    (Place, {"city": "Rome", "zip": 1}, {"city": "Rome", "zip": 1}),
    (Point, {"x": 2, "y": 3}, Point(2, 3)),
    (Cat, {"kind": "cat", "lives": 9}, Cat(kind="cat", lives=9)),
    (Mood, "bad", Mood.BAD),
    (Literal["a", "b"], "b", "b"),
    (Union[Cat, Dog], {"kind": "dog", "name": "Rex"}, Dog(kind="dog", name="Rex")),
    (
        list[Annotated[Union[Cat, Dog], Field(discriminator="kind")]],
        [{"kind": "dog", "name": "Rex"}],
        [Dog(kind="dog", name="Rex")],
    ),
    (int | None, None, None),
    (date, "2026-11-30", date(2026, 11, 30)),
    (datetime, "2026-11-30T12:00:00", datetime(2026, 11, 30, 12)),
    (Decimal, "0.1000000000000000000001", Decimal("0.1000000000000000000001")),
    (UUID, "12345678-1234-5678-1234-567812345678", UUID(int=0x12345678123456781234567812345678)),
    ({"type": "array", "items": {"type": "integer"}}, [1], [1]),
]


@pytest.mark.parametrize(("wanted", "given", "value"), TYPES, ids=lambda one: str(one)[:30])
def test_each_type_comes_back(wanted: Any, given: Any, value: Any) -> None:
    form: AnswerForm[Any] = AnswerForm(wanted)
    json.dumps(form.schema)
    assert form.read(given) == value
    assert type(form.read(given)) is type(value)


@pytest.mark.parametrize(
    "given",
    [
        {"output": [1, 2]},
        {"value": {"items": [1, 2]}},
        "[1, 2]",
        {"answer": "[1, 2]"},
        '{"result": [1, 2]}',
    ],
    ids=str,
)
def test_a_wrapped_answer_is_understood(given: Any) -> None:
    assert AnswerForm(list[int]).read(given) == [1, 2]


def test_what_fits_is_not_unwrapped() -> None:
    assert AnswerForm(str).read('{"value": "x"}') == '{"value": "x"}'
    assert AnswerForm(dict[str, Any]).read({"value": {"a": 1}}) == {"value": {"a": 1}}


@pytest.mark.parametrize(
    ("wanted", "given", "complaint"),
    [
        (list[Review], [REVIEW, {**REVIEW, "stars": "many"}], "value[1].stars: Input should be"),
        (list[int], "[1, true, 2.5]", "value[2]: Input should be a valid integer"),
        (Even, {"number": 3}, "value.number: Value error, must be even, such as 2"),
        (Mood, "so so", "value: Input should be 'good' or 'bad'"),
        ({"type": "object", "required": ["a"]}, {}, "value: 'a' is a required property"),
        (
            {"type": "array", "items": {"type": "integer"}},
            [1, "b"],
            "value[1]: 'b' is not of type 'integer'",
        ),
        (list[int], "none", "value: Input should be a valid array"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_wrong_answer_names_the_place(wanted: Any, given: Any, complaint: str) -> None:
    with pytest.raises(Misfit) as caught:
        AnswerForm(wanted).read(given)
    assert caught.value.errors[0].startswith(complaint)


def test_a_strict_model_can_be_answered() -> None:
    """Else each answer is wrong for it: JSON has no dates and no enums."""
    given = {"day": "2026-11-30", "mood": "good", "price": "12.50"}
    value = AnswerForm[Strict](Strict).read(given)
    assert value == Strict(day=date(2026, 11, 30), mood=Mood.GOOD, price=Decimal("12.50"))


def test_generic_types_have_the_fields_of_their_arguments() -> None:
    """Else such a type is refused, or its frame has one column of objects."""
    boxes = AnswerForm[Any](list[Box[int]])
    assert boxes.read([{"item": 1}]) == [{"item": 1}]
    with pytest.raises(Misfit, match=r"value\[0\]\.more\[1\]: Input should be a valid integer"):
        boxes.read([{"item": 1, "more": [2, "x"]}])
    pairs = AnswerForm[Any](list[Pair[Mood]])
    assert pairs.columns is not None and boxes.columns is not None
    assert [(one.name, one.kind, one.optional) for one in pairs.columns] == [
        ("first", "choice", False),
        ("label", "text", False),
    ]
    assert [(one.name, one.kind, one.optional) for one in boxes.columns] == [
        ("item", "integer", False),
        ("more", "other", True),
    ]


@pytest.mark.parametrize(
    "reference", ["#/$defs/none", "https://example.com/schema.json", "other.json"]
)
def test_a_schema_that_refers_to_nothing_is_refused(reference: str) -> None:
    """Else each answer is wrong for it, and each try is paid for."""
    schema = {"type": "array", "items": {"$ref": reference}}
    with pytest.raises(
        TypeError, match="schema is no JSON Schema: there is no " + re.escape(reference)
    ):
        AnswerForm[Any](schema)


def test_a_schema_may_refer_to_itself_and_to_the_standard() -> None:
    """Else a schema of a tree is refused, or one with a property that has the name "$ref"."""
    node = {
        "type": "object",
        "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
    }
    tree = {
        "$defs": {"node": node},
        "$ref": "#/$defs/node",
        "properties": {"$ref": {"type": "string"}},
        "examples": [{"$ref": "#/none"}],
    }
    with pytest.raises(Misfit, match=r"value\.kids\[0\]\.kids: 'no' is not of type 'array'"):
        AnswerForm[Any](tree).read({"kids": [{"kids": "no"}]})
    AnswerForm[Any]({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def test_a_schema_that_cannot_be_checked_is_a_misfit() -> None:
    """Else such an answer counts as no try, and Claude is asked without an end."""
    with pytest.raises(Misfit, match="value: RecursionError"):
        AnswerForm[Any]({"$ref": "#"}).read(1)


def test_a_validator_that_fails_otherwise_is_told_too() -> None:
    @dataclass
    class Odd:
        number: int

        def __post_init__(self) -> None:
            1 / self.number

    Odd.__annotations__["number"] = int
    with pytest.raises(Misfit, match="ZeroDivisionError"):
        AnswerForm(Odd).read({"number": 0})


def test_many_faults_are_few_lines() -> None:
    with pytest.raises(Misfit) as caught:
        AnswerForm(list[int]).read(["x"] * 1000)
    assert len(caught.value.errors) == 21
    assert caught.value.errors[-1] == "… and 980 more"


@pytest.mark.parametrize("wanted", [{"type": "nonsense"}, typing.Callable, asyncio.Lock], ids=str)
def test_a_type_without_a_form_is_refused_in_one_line(wanted: Any) -> None:
    with pytest.raises(TypeError) as caught:
        AnswerForm(wanted)
    assert "\n" not in str(caught.value)


class Happy(BaseModel):
    kind: Literal[Mood.GOOD]


def test_a_literal_that_no_json_fits_is_refused() -> None:
    """Else each answer is wrong for it, and each try is paid for."""
    line = r"has the Literal Mood\.GOOD, which no JSON fits: write class Mood\(str, Enum\)$"
    for wanted in (Happy, list[Happy], Literal[Mood.GOOD]):
        with pytest.raises(TypeError, match=line):
            AnswerForm[Any](wanted)

    class Tone(str, Enum):
        LOUD = "loud"

    assert AnswerForm[Any](Literal[Tone.LOUD]).read("loud") is Tone.LOUD
    assert AnswerForm[Any](Annotated[int, Mood.GOOD]).read(1) == 1


def test_a_type_is_named_as_the_user_wrote_it() -> None:
    wanted = list[Annotated[Review | None, "x"]]
    assert AnswerForm(wanted).name == "list[Review | None]"
    assert AnswerForm(dict[str, Literal["a", "b"]]).name == "dict[str, 'a' | 'b']"


def test_the_users_classes_stay_as_they_were() -> None:
    AnswerForm(Review)
    assert not hasattr(Place, "__get_pydantic_core_schema__")
    assert not hasattr(Point, "__get_pydantic_core_schema__")


def test_rows_become_a_frame_with_the_dtypes_of_the_annotations() -> None:
    form: AnswerForm[Any] = AnswerForm(list[Review])
    assert form.columns is not None
    rows = form.read([REVIEW] * 1000)
    frame = to_pandas(cells_of(rows, form.columns), form.columns)
    assert list(frame.columns) == list(Review.__annotations__)
    assert len(frame) == 1000
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds["stars"] == "int64"
    assert kinds["mood"] == "category"
    assert list(frame["mood"].cat.categories) == ["good", "bad"]
    assert kinds["day"].startswith("datetime64")
    assert kinds["note"].startswith("str")
    assert frame["price"][0] == Decimal("12.50")
    polars = to_polars(cells_of(rows, form.columns), form.columns)
    assert [str(polars[name].dtype) for name in ("stars", "text", "day")] == [
        "Int64",
        "String",
        "Date",
    ]


class Loose(typing.TypedDict, total=False):
    number: int
    text: str
    sure: bool


@dataclass
class Event:
    when: datetime
    size: int


@dataclass
class Dated:
    when: datetime | date
    size: int


@pytest.mark.parametrize(
    ("wanted", "given", "dtypes"),
    [
        (list[Loose], [{"number": 1}, {}], "Int64 string boolean"),
        (
            list[Event],
            [{"when": f"2026-11-30T12:00:00{zone}", "size": 1} for zone in ("Z", "+02:00")],
            "datetime64[us, UTC] int64",
        ),
        (
            list[Event],
            [{"when": f"2026-11-30T12:00:00{zone}", "size": 2**70} for zone in ("Z", "")],
            "object object",
        ),
        (
            {"type": "array", "items": {"type": "string", "format": "date"}},
            ["soon", "2026-11-30"],
            "object",
        ),
        ({"type": "array", "items": {"type": "integer"}}, [1.0, 2], "int64"),
        ({"type": "array", "items": {"enum": ["a", "a", "b"]}}, ["b"], "category"),
        ({"type": "array", "items": {"enum": [["a"], 1]}}, [["a"], 1], "object"),
    ],
    ids=str,
)
def test_a_cell_that_does_not_fit_costs_no_row(wanted: Any, given: Any, dtypes: str) -> None:
    """Else one odd cell is an error in place of the whole frame, with all that it has cost."""
    form = AnswerForm[Any](wanted)
    assert form.columns is not None
    made = cells_of(form.read(given), form.columns)
    assert " ".join(map(str, to_pandas(made, form.columns).dtypes)) == dtypes
    assert to_polars(made, form.columns).shape == (len(given), len(form.columns))


@pytest.mark.parametrize("wanted", [list[Event], list[Dated]], ids=str)
@pytest.mark.parametrize("zones", [("", "+02:00"), ("+02:00", "")], ids=["first", "last"])
def test_a_time_without_a_zone_stays_one(wanted: Any, zones: tuple[str, str]) -> None:
    """Else the frame says UTC of a time whose zone nobody knows, and moves the others."""
    form = AnswerForm[Any](wanted)
    assert form.columns is not None
    rows = form.read([{"when": f"2026-11-30T12:00:00{zone}", "size": 1} for zone in zones])
    made = cells_of(rows, form.columns)
    whens = [row.when.isoformat() for row in rows]
    for frame in (to_pandas(made, form.columns), to_polars(made, form.columns)):
        assert [when.isoformat() for when in frame["when"]] == whens


def test_an_empty_list_keeps_its_columns() -> None:
    class Row(typing.TypedDict):
        a: int
        b: int | None

    Row.__annotations__.update(a=int, b=int | None)
    form: AnswerForm[Any] = AnswerForm(list[Row])
    assert form.columns is not None
    frame = to_pandas(cells_of([], form.columns), form.columns)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "a": "int64",
        "b": "Int64",
    }
    assert to_polars(cells_of([], form.columns), form.columns).columns == ["a", "b"]


def test_single_values_are_one_column() -> None:
    form: AnswerForm[Any] = AnswerForm(list[Mood])
    assert form.columns is not None
    frame = to_pandas(cells_of([Mood.GOOD], form.columns), form.columns)
    assert list(frame.columns) == ["value"]
    assert list(frame["value"]) == ["good"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_items_are_found_as_soon_as_they_are_complete(size: int) -> None:
    items = [{"a": 'x],"{\\'}, [1, [2]], "a,b", 12, None, True, "é"]
    text = json.dumps({"value": items}, ensure_ascii=False)
    scanner = ItemScanner()
    found = []
    for start in range(0, len(text), size):
        found += [json.loads(one) for one in scanner.feed(text[start : start + size])]
    assert found == items


def test_a_number_is_not_taken_before_it_is_complete() -> None:
    scanner = ItemScanner()
    assert scanner.feed('{"value": [1') == []
    assert scanner.feed("2, 3") == ["12"]
    assert scanner.feed("4]") == ["34"]
