"""Reads a tool's name, description and input from a function."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from jupyter_claude_sdk.lowlevel import untitle

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 4_000  # characters of a description
_COMPLAINT = 300


class InputError(ValueError):
    """The input of a call does not fit the function; the message is one line."""


@dataclass(frozen=True)
class Signature:
    """What Claude gets of a function.

    Attributes
    ----------
    name, description : str
        The tool's name, and what it does: the function's docstring.
    schema : dict
        The JSON Schema of its input.
    check : callable
        Returns the arguments of a call, converted to the function's types. It raises `InputError`.
    """

    name: str
    description: str
    schema: dict[str, Any]
    check: Callable[[dict[str, Any]], dict[str, Any]] = field(repr=False, compare=False)


def signature_of(function: Callable[..., Any], name: str | None = None) -> Signature:
    """Read the signature of a function.

    Parameters
    ----------
    function : callable
        A function, plain or async.
    name : str, optional
        The tool's name. Default: the function's.

    Raises
    ------
    TypeError
        If it cannot be a tool. The message says why and what to do, in one line.
    """
    name = name or str(getattr(function, "__name__", ""))
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name!r} cannot be a tool's name: use letters, digits, '_' and '-'")
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            raise TypeError(
                f"The tool {name} cannot have the parameter {parameter}: Claude gives each "
                "argument by its name"
            )
    description = inspect.cleandoc(function.__doc__ or "")
    if not description:
        raise TypeError(
            f"The tool {name} needs a docstring: it tells Claude what the tool does and when to "
            "use it"
        )
    schema, check = _reader(function, name)
    return Signature(name, description[:_LONGEST], schema, check)


def _reader(
    function: Callable[..., Any], name: str
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], dict[str, Any]]]:
    # pydantic takes half a second to import: only who makes a tool waits for it.
    from pydantic import PydanticUserError, TypeAdapter, ValidationError, validate_call

    def arguments(**given: Any) -> dict[str, Any]:
        return given

    try:
        types = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"The tool {name} has a type that is not defined: {error}") from None
    # The same signature, on a function that only returns its arguments.
    signature = inspect.signature(function)
    given_types = {key: value for key, value in types.items() if key != "return"}
    arguments.__annotations__ = given_types
    arguments.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[
            parameter.replace(annotation=given_types.get(parameter.name, parameter.annotation))
            for parameter in signature.parameters.values()
        ],
        return_annotation=signature.empty,
    )
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(arguments)  # type: ignore[arg-type]
        schema = adapter.json_schema()
        checked = validate_call(arguments)
    except PydanticUserError as error:
        line = " ".join(str(error).split())[:_COMPLAINT]
        raise TypeError(
            f"The tool {name} has a type that has no JSON form: {line}; use types such as str, "
            "int, list[str] or a dataclass"
        ) from None
    untitle(schema)

    def check(given: dict[str, Any]) -> dict[str, Any]:
        try:
            return checked(**given)
        except ValidationError as error:
            raise InputError("; ".join(map(_complaint, error.errors(include_url=False)))) from None

    return schema, check


def _complaint(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {' '.join(error['msg'].split())[:_COMPLAINT]}"
