"""Makes JSON Schemas of Python types, and checks a tool's input against them.

A simple map, a JSON Schema, a TypedDict, a dataclass or a pydantic model may describe a tool's
input. Claude sees a JSON Schema. The handler gets what `reader` makes of the input: for the first
three a dict, for the others an instance of the class.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union

import typing_extensions
from pydantic import PydanticUserError, TypeAdapter, ValidationError

Schema = dict[str, Any]

_LEAVES: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    None: {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
    tuple: {"type": "array"},
    set: {"type": "array", "uniqueItems": True},
    frozenset: {"type": "array", "uniqueItems": True},
    Any: {},
    object: {},
}
_JSON_TYPES = {"string", "boolean", "integer", "number", "null", "object", "array"}
#: A dict with one of these keys is a JSON Schema, if the key's value is not a Python type.
_SCHEMA_KEYS = ("type", "properties", "$ref", "$schema", "anyOf", "oneOf", "allOf")
_ARRAYS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
_MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_REQUIRED = (typing_extensions.Required, getattr(typing, "Required", None))
_NOT_REQUIRED = (typing_extensions.NotRequired, getattr(typing, "NotRequired", None))
_LITERALS = (Literal, typing_extensions.Literal)
_LONGEST_COMPLAINT = 500


class InputError(ValueError):
    """A tool's input does not fit its schema; the message says where, in one line."""


def input_schema(described: Any) -> Schema:
    """Return the JSON Schema of a tool's input.

    Parameters
    ----------
    described : dict or type
        A map of names to types, a JSON Schema, a TypedDict, a dataclass or a pydantic model.

    Raises
    ------
    TypeError
        If `described` is none of these, or a type in it has no JSON Schema.
    """
    writer = _Writer()
    if isinstance(described, Mapping):
        if not _is_schema(described):
            return writer.whole(writer.map(described))
        if described.get("type", "object") != "object":
            raise TypeError(f"a tool's input is an object, not {described['type']!r}")
        return {"type": "object", "properties": {}, **described}
    if not (isinstance(described, type) and (_is_record(described) or _is_model(described))):
        raise TypeError(
            "input_schema must be a dict, a TypedDict, a dataclass or a pydantic model, "
            f"not {_name(described)}"
        )
    schema = writer.of(described)
    if "$ref" in schema:  # a class that holds itself
        schema = dict(writer.defs[described.__name__])
    return writer.whole(schema)


def reader(described: Any, schema: Schema) -> Callable[[dict[str, Any]], Any]:
    """Return a function that checks an input and returns the handler's argument.

    That function raises `InputError`.

    Raises
    ------
    TypeError
        If pydantic cannot make instances of the class, or the schema is not a valid one.
    """
    if isinstance(described, type) and not typing_extensions.is_typeddict(described):
        return _instance_reader(described)
    # Both major versions of mcp depend on jsonschema.
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    kind = validator_for(schema, Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise TypeError(f"the JSON Schema is not valid: {error.message}") from error
    validator = kind(schema)

    def read(arguments: dict[str, Any]) -> Any:
        error = best_match(validator.iter_errors(arguments))
        if error is not None:
            raise InputError(_complaint(error.absolute_path, error.message))
        return arguments

    return read


def _instance_reader(cls: type) -> Callable[[dict[str, Any]], Any]:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(cls)
    except PydanticUserError as error:
        raise TypeError(f"{cls.__name__} cannot be read: {_line(error)}") from error

    def read(arguments: dict[str, Any]) -> Any:
        try:
            return adapter.validate_python(arguments)
        except ValidationError as error:
            found = [_complaint(item["loc"], item["msg"]) for item in error.errors()]
            raise InputError("; ".join(found)) from error

    return read


def _complaint(path: typing.Iterable[Any], text: str) -> str:
    where = ".".join(str(part) for part in path)
    text = " ".join(text.split())
    if len(text) > _LONGEST_COMPLAINT:  # the text may quote the whole input
        text = f"{text[:200]} … {text[-200:]}"
    return f"{where}: {text}" if where else text


class _Writer:
    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {}
        self._open: list[type] = []
        self._holds_itself: set[type] = set()

    def whole(self, schema: Schema) -> Schema:
        return {**schema, "$defs": self.defs} if self.defs else schema

    def of(self, kind: Any) -> Schema:
        """Return the schema of one type."""
        if isinstance(kind, Mapping):
            return dict(kind) if _is_schema(kind) else self.map(kind)
        if isinstance(kind, str):
            if kind not in _JSON_TYPES:
                raise TypeError(f"{kind!r} is not a type; write a Python type such as str or int")
            return {"type": kind}
        try:
            if kind in _LEAVES:
                return dict(_LEAVES[kind])
        except TypeError:  # not hashable
            pass
        origin, arguments = typing_extensions.get_origin(kind), typing_extensions.get_args(kind)
        if origin is not None:
            return self._generic(kind, origin, arguments)
        if hasattr(kind, "__supertype__"):  # NewType
            return self.of(kind.__supertype__)
        if isinstance(kind, type):
            if issubclass(kind, enum.Enum):
                return _choice([member.value for member in kind])
            if _is_record(kind):
                return self._record(kind)
        elif hasattr(kind, "__value__"):  # type X = …
            return self.of(kind.__value__)
        return self._by_pydantic(kind)

    def map(self, fields: Mapping[Any, Any]) -> Schema:
        """Return the schema of a simple map of names to types."""
        properties: dict[str, Schema] = {}
        required = []
        for name, kind in fields.items():
            kind, needed = _requirement(kind, True)
            try:
                properties[str(name)] = self.of(kind)
            except TypeError as error:
                raise TypeError(f"{name}: {error}") from error
            if needed:
                required.append(str(name))
        return {"type": "object", "properties": properties, "required": required}

    def _generic(self, kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if origin in (typing_extensions.Annotated,):
            return self._annotated(arguments[0], arguments[1:])
        if origin in _LITERALS:
            return _choice(list(arguments))
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(item) for item in arguments]}
        if origin in _REQUIRED or origin in _NOT_REQUIRED:
            return self.of(arguments[0])
        if origin is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return {"type": "array", "items": self.of(arguments[0])}
            items = [self.of(item) for item in arguments]
            return {
                "type": "array",
                "prefixItems": items,
                "minItems": len(items),
                "maxItems": len(items),
            }
        if origin in _SETS:
            return {"type": "array", "items": self.of(arguments[0]), "uniqueItems": True}
        if origin in _ARRAYS:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin in _MAPS:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        return self._by_pydantic(kind)

    def _annotated(self, kind: Any, notes: tuple[Any, ...]) -> Schema:
        schema = self.of(kind)
        others = []
        for note in notes:
            if isinstance(note, str):
                schema["description"] = note
                continue
            text = getattr(note, "description", None) or getattr(note, "documentation", None)
            if isinstance(text, str):
                schema["description"] = text
            others.append(note)
        if others and kind in (str, int, float, bool):
            # Limits such as Field(ge=0) or annotated_types.Ge(0).
            schema = {**self._by_pydantic(_annotate(kind, others)), **schema}
            schema.pop("title", None)
        return schema

    def _record(self, kind: type) -> Schema:
        """Return the schema of a TypedDict or a dataclass."""
        if kind in self._open:
            self._holds_itself.add(kind)
            return {"$ref": f"#/$defs/{kind.__name__}"}
        self._open.append(kind)
        try:
            schema = self.map(_hints(kind)) if typing_extensions.is_typeddict(kind) else {}
            if typing_extensions.is_typeddict(kind):
                needed = _required_keys(kind)
                schema["required"] = [name for name in schema["properties"] if name in needed]
            else:
                schema = self._dataclass(kind)
        finally:
            self._open.pop()
        if kind in self._holds_itself:
            self.defs[kind.__name__] = schema
            return {"$ref": f"#/$defs/{kind.__name__}"}
        return schema

    def _dataclass(self, kind: type) -> Schema:
        hints = _hints(kind)
        fields = [item for item in dataclasses.fields(kind) if item.init]
        schema = self.map({item.name: hints[item.name] for item in fields})
        for item in fields:
            described = schema["properties"][item.name]
            if isinstance(item.metadata.get("description"), str):
                described["description"] = item.metadata["description"]
            default = item.default.value if isinstance(item.default, enum.Enum) else item.default
            if default is None or isinstance(default, (str, int, float, bool)):
                described["default"] = default
        schema["required"] = [
            item.name
            for item in fields
            if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        ]
        return schema

    def _by_pydantic(self, kind: Any) -> Schema:
        try:
            schema = TypeAdapter(kind).json_schema()
        except Exception as error:
            # pydantic raises errors of many classes for a type that it does not know.
            raise TypeError(f"{_name(kind)} has no JSON Schema") from error
        self.defs.update(schema.pop("$defs", {}))
        return schema


def _annotate(kind: Any, notes: list[Any]) -> Any:
    parts = (kind, *notes)  # Python 3.10 has no syntax for a list's items between the brackets.
    return typing_extensions.Annotated[parts]


def _hints(kind: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except NameError as error:
        # Classes inside a function whose annotations are text.
        raise TypeError(
            f"{kind.__name__}: {error}; define the classes that it names at the top of a module"
        ) from error


def _required_keys(kind: type) -> set[str]:
    needed: set[str] = set(getattr(kind, "__required_keys__", ()))
    for name, hint in _hints(kind).items():
        # If the annotations are text, `__required_keys__` is wrong.
        _, this = _requirement(hint, name in needed)
        (needed.add if this else needed.discard)(name)
    return needed


def _requirement(kind: Any, otherwise: bool) -> tuple[Any, bool]:
    origin = typing_extensions.get_origin(kind)
    if origin is not None and origin in _NOT_REQUIRED:
        return typing_extensions.get_args(kind)[0], False
    if origin is not None and origin in _REQUIRED:
        return typing_extensions.get_args(kind)[0], True
    return kind, otherwise


def _choice(values: list[Any]) -> Schema:
    values = [value.value if isinstance(value, enum.Enum) else value for value in values]
    kinds = {type(value) for value in values}
    leaf = _LEAVES.get(kinds.pop(), {}) if len(kinds) == 1 else {}
    return {**leaf, "enum": values}


def _is_schema(described: Mapping[Any, Any]) -> bool:
    return any(isinstance(described.get(key), (str, dict, list)) for key in _SCHEMA_KEYS) and not (
        # {"type": "string"} alone could be either; as a schema it makes sense.
        isinstance(described.get("type"), str) and described["type"] not in _JSON_TYPES
    )


def _is_record(kind: Any) -> bool:
    return typing_extensions.is_typeddict(kind) or dataclasses.is_dataclass(kind)


def _is_model(kind: Any) -> bool:
    return hasattr(kind, "model_json_schema")


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else repr(kind)[:80]


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
