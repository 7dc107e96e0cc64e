"""`AnswerForm`: the form that an answer must have, made of a Python type or of a JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from .._base.text import one_line
from .columns import Column, columns_of
from .plain_classes import plain_classes, unfit_literal
from .titles import untitle

T = TypeVar("T")

_MOST = 20  # complaints that Claude gets
_COMPLAINT = 500  # characters of one
#: Models put a value under such a name, beside or instead of ours.
_WRAPPERS = ("value", "output", "answer", "result", "items", "data", "response")
_DEEPEST = 4  # wrappings of a value
#: Keywords of JSON Schema that have values, and no schemas.
_VALUES = ("const", "enum", "default", "examples")


class Misfit(ValueError):
    """An answer does not have the form.

    Attributes
    ----------
    errors : list of str
        What is wrong, each with its place: ``value[3].price: Input should be a valid number``.
    """

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors: list[str] = errors


class AnswerForm(Generic[T]):
    """The form that an answer must have.

    Parameters
    ----------
    wanted : type or dict
        A type, or a JSON Schema.

    Raises
    ------
    TypeError
        If it has no JSON form. The message is one line.

    Attributes
    ----------
    name : str
        The type in words, such as ``list[Review]``.
    schema : dict
        Its JSON Schema.
    columns : list of Column or None
        The columns of a list of rows; None for other types.
    """

    def __init__(self, wanted: Any) -> None:
        self.name: str = name_of(wanted)
        self.schema: dict[str, Any]
        if isinstance(wanted, Mapping):
            self.schema, self._check = _json_schema_reader(dict(wanted))
        else:
            self.schema, self._check = _type_reader(wanted, self.name)
        self.columns: list[Column] | None = columns_of(wanted)

    def read(self, given: Any) -> T:
        """Return the value of an answer.

        Models wrap a value in an object, or write it as JSON in a string. Both count, unless the
        answer fits as it is.

        Raises
        ------
        Misfit
            If it does not have the form.
        """
        told: Misfit | None = None
        within_text = False
        for one in _readings(given):
            try:
                value: T = self._check(one)
            except Misfit as misfit:
                # Of JSON in a string, the JSON's faults help.
                told = misfit if told is None or within_text else told
            else:
                return value
            within_text = isinstance(one, str)
        assert told is not None
        raise told


def name_of(wanted: Any) -> str:
    """Return a type in words."""
    if isinstance(wanted, Mapping):
        return str(wanted.get("title") or "JSON Schema")
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return name_of(parts[0])
    if origin is Literal:
        return " | ".join(map(repr, parts))
    if origin in (Union, UnionType):
        return " | ".join(map(name_of, parts))
    if parts:
        return f"{name_of(origin)}[{', '.join(map(name_of, parts))}]"
    if wanted is NoneType or wanted is None:
        return "None"
    return one_line(str(getattr(wanted, "__name__", wanted)))


def _readings(given: Any) -> Iterator[Any]:
    """Yield an answer, then what it wraps, the outermost first."""
    for _ in range(_DEEPEST):
        yield given
        if isinstance(given, str):
            try:
                given = json.loads(given)
            except ValueError:
                return
        elif isinstance(given, dict) and len(given) == 1 and next(iter(given)) in _WRAPPERS:
            (given,) = given.values()
        else:
            return


def _type_reader(wanted: Any, name: str) -> tuple[dict[str, Any], Any]:
    # pydantic takes half a second to import: only who asks for a value waits for it.
    from pydantic import PydanticUserError, TypeAdapter, ValidationError
    from pydantic.errors import PydanticInvalidForJsonSchema
    from pydantic.json_schema import GenerateJsonSchema

    class Schemas(GenerateJsonSchema):
        def decimal_schema(self, schema: Any) -> dict[str, Any]:
            # A number of JSON would lose digits.
            return {"type": "string", "description": "A decimal number such as 12.50"}

    try:
        with plain_classes(wanted):
            adapter: TypeAdapter[Any] = TypeAdapter(wanted)
            schema = adapter.json_schema(schema_generator=Schemas)
        member = unfit_literal(wanted)
    except NameError as error:
        raise TypeError(f"schema={name} has a type that is not defined: {error}") from None
    # ValueError: a default that has no JSON form.
    except (PydanticUserError, PydanticInvalidForJsonSchema, ValueError) as error:
        line = one_line(str(error).partition("\n")[0])
        raise TypeError(
            f"schema={name} has no JSON form: {line}; use types such as str, int, list[str] or a "
            "dataclass"
        ) from None
    if member is not None:
        kind = type(member).__name__
        raise TypeError(
            f"schema={name} has the Literal {kind}.{member.name}, which no JSON fits: write class "
            f"{kind}(str, Enum)"
        )
    untitle(schema)

    def check(given: Any) -> Any:
        try:
            # As JSON: a strict model takes a date's text only from there.
            return adapter.validate_json(json.dumps(given))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            raise Misfit(_few([_complaint(each["loc"], each["msg"]) for each in found])) from None
        except Exception as error:  # the user's own validator failed on this answer
            raise Misfit([_complaint((), f"{type(error).__name__}: {error}")]) from error

    return schema, check


def _json_schema_reader(wanted: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        Draft202012Validator.check_schema(wanted)
    except SchemaError as error:
        raise TypeError(f"schema is no JSON Schema: {one_line(error.message)}") from None
    # With this registry nothing is fetched from the network.
    validator = Draft202012Validator(wanted, registry=REGISTRY)
    resolver = REGISTRY.resolver_with_root(DRAFT202012.create_resource(wanted))
    for reference in _references(wanted):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            name = one_line(reference)[:_COMPLAINT]
            raise TypeError(f"schema is no JSON Schema: there is no {name}") from None

    def check(given: Any) -> Any:
        try:
            errors = list(validator.iter_errors(given))
        except Exception as error:  # such as a schema that is only itself
            raise Misfit([_complaint((), f"{type(error).__name__}: {error}")]) from error
        found = sorted(errors, key=lambda error: list(map(str, error.path)))
        if found:
            raise Misfit(_few([_complaint(tuple(each.path), each.message) for each in found]))
        return given

    return wanted, check


def _references(schema: Any) -> Iterator[str]:
    """Yield what a schema refers to within itself."""
    if isinstance(schema, list):
        for one in schema:
            yield from _references(one)
    elif isinstance(schema, dict) and "$id" not in schema:  # what has its own base is its own
        for name, value in schema.items():
            if name == "$ref" and isinstance(value, str):
                yield value
            elif name not in _VALUES:
                yield from _references(value)


def _complaint(place: tuple[Any, ...], message: str) -> str:
    where = "value" + "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)
    return f"{where}: {one_line(message)[:_COMPLAINT]}"


def _few(complaints: list[str]) -> list[str]:
    more = len(complaints) - _MOST
    return complaints if more <= 0 else [*complaints[:_MOST], f"… and {more} more"]
