"""Rows in their forms, and the frames that come back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Literal, NamedTuple

import pandas as pd
import polars as pl
import pydantic
import pytest
from jupyter_claude_sdk import Batch
from jupyter_claude_sdk import map as ask_each
from jupyter_claude_sdk._map.outcome import Outcome
from jupyter_claude_sdk._map.template import TemplateError

from .fakes import FakePool, answered, make, wrong

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class Label:
    mood: Mood
    stars: int
    when: date | None


def label(prompt: str, nth: int) -> Outcome:
    if "fails" in prompt:
        return wrong("no label")
    return answered(Label(Mood.GOOD, len(prompt), date(2026, 1, 2)))


FRAME = {"text": ["a", "fails", "ccc", "a"], "other": [1, 2, 3, 4]}


async def test_pandas_gets_its_index_and_types() -> None:
    """`df.join(result)` would put labels beside other rows."""
    index = pd.MultiIndex.from_tuples([("x", 1), ("x", 1), ("y", 2), ("z", 3)], names=["k", "n"])
    frame = pd.DataFrame(FRAME, index=index)
    batch = make(frame, "{text}", FakePool(label), schema=Label)
    result = await batch
    assert result.index.equals(index) and result.index.names == ["k", "n"]
    assert list(result.columns) == ["mood", "stars", "when", "error", "cost_usd", "attempts"]
    assert result["stars"].dtype == "Int64" and result["mood"].dtype == "category"
    assert result["when"].dtype.kind == "M"
    assert result["stars"].tolist()[0] == 1 and result["stars"].isna().tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert result["error"].isna().tolist() == [True, False, True, True]
    assert result["cost_usd"].tolist() == [0.01, 0.01, 0.01, 0.0]
    assert [row.index for row in batch.rows] == list(index)
    assert batch.rows[1].fields == {"text": "fails", "other": 2}
    assert batch.rows.to_dataframe("polars").height == 4


async def test_an_empty_frame_keeps_its_columns() -> None:
    """Code after an empty selection would fail at a missing column."""
    result = await make(pd.DataFrame({"text": []}), "{text}", FakePool(), schema=Label)
    assert list(result.columns)[:3] == ["mood", "stars", "when"]
    assert len(result) == 0


async def test_series_and_polars() -> None:
    """Each form of data would need code of its own."""
    series = pd.Series(["a", "b"], index=[7, 7], name="text")
    result = await make(series, "{x}", FakePool(label), schema=Label)
    assert result.index.tolist() == [7, 7]
    frame = await make(pl.DataFrame(FRAME), "{text} {other}", FakePool(label), schema=Label)
    assert frame.schema["stars"] == pl.Int64 and frame.schema["when"] == pl.Date
    assert frame["stars"].to_list() == [3, None, 5, 3]
    texts = await make(pl.Series("t", ["a", "b"]), "{t}", FakePool())
    assert texts["text"].to_list() == ["A", "B"]
    assert texts.columns == ["text", "error", "cost_usd", "attempts"]


@dataclass
class Record:
    text: str


class Named(NamedTuple):
    text: str


class Model(pydantic.BaseModel):
    text: str


@pytest.mark.parametrize(
    "row", [{"text": "a"}, Record("a"), Named("a"), Model(text="a"), "a"], ids=str
)
async def test_rows_in_each_form(row: Any) -> None:
    """Records of the user's own types would have to be made dicts first."""
    assert (await make([row], "{text}!", FakePool()))[0].value == "A!"
    with pytest.raises(TemplateError):
        make([row], "{txt} {b}", FakePool())


async def test_a_schema_may_have_our_names() -> None:
    """A user's column `error` would be replaced by ours, or break the frame."""

    class Check(NamedTuple):
        error: str
        attempts: int

    pool = FakePool(lambda *_: answered(Check("typo", 7)))
    frame = (await make(["a"], "{x}", pool, schema=Check)).to_dataframe()
    assert list(frame.columns) == ["error", "attempts", "map_error", "cost_usd", "map_attempts"]
    assert frame["error"].tolist() == ["typo"] and frame["map_attempts"].tolist() == [1]


async def test_single_values_and_json_schemas() -> None:
    """A schema that is no record would have no column."""
    pool = FakePool(lambda *_: answered("yes"))
    choice = (await make(["a"], "{x}", pool, schema=Literal["yes", "no"])).to_dataframe()
    assert choice["value"].tolist() == ["yes"] and choice["value"].dtype == "category"
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    pool = FakePool(lambda *_: answered({"n": 3}))
    frame = (await make(["a"], "{x}", pool, schema=schema)).to_dataframe("polars")
    assert frame["n"].to_list() == [3]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("text", "not one str"),
        ({"a": 1}, "not a mapping"),
        (3, "not int"),
        (pl.LazyFrame({"a": [1]}), r"rows.collect\(\)"),
    ],
)
def test_what_is_no_rows_is_said(rows: Any, message: str) -> None:
    """The letters of one text would be asked one by one."""
    with pytest.raises(TypeError, match=message):
        ask_each(rows, "{x}")


@pytest.mark.parametrize(
    "fields",
    [
        {"concurrency": 0},
        {"budget_usd": -1},
        {"budget_usd": float("nan")},
        {"retries": -1},
        {"tools": "Read"},
        {"on_error": "ignore"},
        {"patience": None},
        {"schema": object()},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_mistakes_in_arguments_are_said_at_once(fields: dict[str, Any]) -> None:
    """A batch would start, and fail later or never."""
    with pytest.raises((TypeError, ValueError)) as caught:
        ask_each(["a"], "{x}", **fields)
    assert "\n" not in str(caught.value)


def test_frames_load_no_library_and_star_hides_nothing() -> None:
    """Importing would take a second more; `map` of Python would be gone."""
    code = (
        "import sys, jupyter_claude_sdk as sdk; sdk.query\n"
        "assert 'jupyter_claude_sdk._map.batch' not in sys.modules\n"
        "sdk.map(['a'], '{x}')\n"
        "assert not {'pandas', 'polars', 'pydantic', 'IPython', 'mcp'} & set(sys.modules)\n"
        "from jupyter_claude_sdk import *\n"
        "assert map is __builtins__.map and Batch is sdk.Batch and 'map' in dir(sdk)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "map" not in vars(Batch)
