"""Templates: fields only, and a row's text stays text."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_claude_sdk._map.template import Template, TemplateError

pytestmark = pytest.mark.pure


@given(text=st.text(), before=st.text(), after=st.text())
def test_a_row_s_text_stays_text(text: str, before: str, after: str) -> None:
    """D5: a row that says {df.__class__} or {other} would be filled in, or fail."""
    doubled = (part.replace("{", "{{").replace("}", "}}") for part in (before, after))
    template = Template("{x}".join(doubled))
    whole = before + text + after
    if whole.strip():
        assert template.render(None, {"x": text, "other": "no"}) == whole
        assert template.render(None, text) == whole
    else:
        with pytest.raises(TemplateError, match="empty"):
            template.render(None, text)


@pytest.mark.parametrize(
    "prompt",
    [
        "{df.__class__}",
        "{x[0]}",
        "{x!r}",
        "{x:>10}",
        "{}",
        "{ }",
        "{f(x)}",
        "{x",
        "x}",
        "{{x}",
        "{",
    ],
)
def test_only_names_of_fields_are_allowed(prompt: str) -> None:
    """Else a template could run code or show what is not in the row."""
    with pytest.raises(TemplateError) as caught:
        Template(prompt)
    assert "\n" not in str(caught.value)


def test_an_unknown_field_is_said_with_those_that_are_there() -> None:
    """A typing mistake would be searched for in the data."""
    with pytest.raises(
        TemplateError, match=r"^The rows have no field \{txt\}; they have \{text\}, \{First Name\}$"
    ):
        Template("Classify: {txt}").check(["text", "First Name"])
    Template("{First Name}").check(["text", "First Name"])
    Template("{0}: {{}}").check([0])
    assert Template("{0}: {{}}").render(None, {0: "a"}) == "a: {}"


def test_two_columns_of_one_name_are_said() -> None:
    """Else each row is asked with the other column than the user meant."""
    with pytest.raises(
        TemplateError, match=r"^The rows have 2 fields \{text\}; rename all but one$"
    ):
        Template("Classify: {text}").check(["text", "id", "text"])
    Template("Classify: {text}").check(["text", "id", "id"])


class _NoText:
    def __str__(self) -> str:
        raise RuntimeError("no\ntext")


@pytest.mark.parametrize("row", [_NoText(), {"x": _NoText()}], ids=["single", "field"])
def test_a_value_without_a_text_is_an_error_of_its_row(row: Any) -> None:
    """Else one such value ends the batch, and no other row has an answer."""
    line = r"^The field \{x\} has no text: RuntimeError: no text$"
    with pytest.raises(TemplateError, match=line):
        Template("{x}").render(row, row)


def test_a_prompt_without_a_field_is_a_mistake() -> None:
    """Each row would ask the same, or an f-string was filled in already."""
    with pytest.raises(TemplateError, match="no field"):
        Template("Classify this").check(["text"])
    with pytest.raises(TemplateError, match="fits one field; the prompt has 2"):
        Template("{a} {b}").check(None)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (math.nan, ""), (3, "3"), (0.5, "0.5"), ([1], "[1]")]
)
def test_values_become_text(value: Any, text: str) -> None:
    """Claude would be asked about "nan"."""
    assert Template("<{x}>").render(None, {"x": value}) == f"<{text}>"


def test_missing_values_of_pandas_and_arrays() -> None:
    """Pandas' missing values have no truth, and an array has several."""
    import numpy as np
    import pandas as pd

    for missing in (pd.NA, pd.NaT, np.nan):
        assert Template("<{x}>").render(None, {"x": missing}) == "<>"
    assert Template("<{x}>").render(None, {"x": np.array([1, 2])}) == "<[1 2]>"


def test_a_function_makes_prompts() -> None:
    """What fields cannot say needs a function; its mistake must name itself."""
    assert Template(lambda row: row["a"] * 2).render({"a": "x"}, {"a": "x"}) == "xx"
    with pytest.raises(TemplateError, match="failed: KeyError: 'b'"):
        Template(lambda row: row["b"]).render({"a": 1}, {"a": 1})
    with pytest.raises(TemplateError, match="returned int"):
        Template(lambda row: 1).render({}, {})  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="prompt must be a text"):
        Template(3)  # type: ignore[arg-type]
