"""`Asked`: what the CLI is told of the form that an answer must have, and the reading of answers.

The CLI checks its schemas strictly. If a schema has a keyword that it does not know, it says
nothing, and the model cannot give an answer at all. So the CLI gets only keywords that it knows.
What is left out goes into descriptions, which the model reads. The form checks the whole in any
case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._values.form import AnswerForm

#: The tool by which the model gives an answer, if the CLI has a schema.
GIVE = "StructuredOutput"

_VALUE = "value"
#: Keywords with a schema, with a list of schemas, and with schemas by name.
_INNER = {"additionalProperties", "items", "not", "if", "then", "else", "propertyNames"}
_LISTS = {"anyOf", "oneOf", "allOf"}
_NAMED = {"properties", "$defs", "definitions"}
_PLAIN = {
    *("type", "enum", "const", "default", "title", "description", "examples", "format", "required"),
    *("minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "minProperties"),
    *("maxProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
#: Keywords that say nothing to a model.
_SILENT = {"$schema", "$id", "$comment", "discriminator", "deprecated", "readOnly", "writeOnly"}
#: The API refuses these at the root of a tool's input.
_NOT_AT_ROOT = {"anyOf", "oneOf", "allOf", "not", "if", "enum", "const", "$ref"}


class Asked:
    """The form that an answer must have, as the CLI gets it.

    Parameters
    ----------
    form : AnswerForm
        The form.
    loose : bool, default False
        Whether the CLI gets the schema only as text, because it cannot use it.

    Attributes
    ----------
    form : AnswerForm
        The form.
    loose : bool
        As given.
    schema : dict
        The JSON Schema for the CLI. It is an object's.
    """

    def __init__(self, form: AnswerForm[Any], *, loose: bool = False) -> None:
        self.form = form
        self.loose = loose
        schema = form.schema
        self._wrapped = (
            loose or schema.get("type") != "object" or not _NOT_AT_ROOT.isdisjoint(schema)
        )
        self.schema: dict[str, Any]
        if loose:
            text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
            self.schema = _object({"description": f"It must fit this JSON Schema: {text}"})
        elif self._wrapped:
            inner = _moved(_known(schema), f"#/properties/{_VALUE}")
            self.schema = _object(inner)
        else:
            self.schema = _known(schema)

    def read(self, given: Any) -> Any:
        """Return the value of what the model gave.

        Raises
        ------
        Misfit
            If it does not have the form.
        """
        if self._wrapped and isinstance(given, dict) and given.keys() == {_VALUE}:
            given = given[_VALUE]
        return self.form.read(given)


def _object(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {_VALUE: value},
        "required": [_VALUE],
        "additionalProperties": False,
    }


def _known(schema: Any) -> Any:
    """Return a schema with keywords that the CLI knows."""
    if not isinstance(schema, Mapping):
        return schema  # True or False
    made: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _PLAIN:
            made[name] = value
        elif name in _INNER or name in _LISTS:
            several = isinstance(value, list)
            made[name] = [_known(one) for one in value] if several else _known(value)
        elif name in _NAMED:
            made[name] = {key: _known(one) for key, one in value.items()}
        elif name == "$ref" and str(value).startswith("#"):
            made[name] = value
        elif name not in _SILENT:
            told[name] = value
    if told:
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        words = [str(made["description"])] if "description" in made else []
        made["description"] = " ".join([*words, f"Must also fit {text}"])
    return made


def _moved(schema: Any, place: str) -> Any:
    """Return a schema that is now at `place`, with its references to itself changed."""
    if isinstance(schema, list):
        return [_moved(one, place) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "$ref" and isinstance(value, str):
            made[name] = place + value[1:]
        elif name in _INNER | _LISTS:
            made[name] = _moved(value, place)
        elif name in _NAMED:
            made[name] = {key: _moved(one, place) for key, one in value.items()}
        else:
            made[name] = value
    return made
