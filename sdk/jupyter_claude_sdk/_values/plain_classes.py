"""Lets pydantic read the standard library's ``TypedDict`` and ``NamedTuple`` as JSON objects.

Before Python 3.12 pydantic refuses ``typing.TypedDict``. It reads a ``NamedTuple`` as a JSON array,
in which a model easily confuses the fields.
"""

from __future__ import annotations

import dataclasses
import enum
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

_HOOK = "__get_pydantic_core_schema__"
_lock = threading.Lock()


@contextmanager
def plain_classes(type_: Any) -> Iterator[None]:
    """Give the classes that `type_` consists of a hook of pydantic's, for the time of the block.

    The classes are the user's, so they must not keep the hook.

    Raises
    ------
    NameError
        If a class has an annotation that is not defined.
    """
    with _lock:
        hooked = [one for one in _classes(type_) if _is_plain(one)]
        for one in hooked:
            setattr(one, _HOOK, classmethod(_schema_of))
        try:
            yield
        finally:
            for one in hooked:
                delattr(one, _HOOK)


def unfit_literal(type_: Any) -> enum.Enum | None:
    """Return a member of an enum in a ``Literal`` that pydantic reads from no JSON.

    It takes only what is equal to the member, as for an enum of texts or of whole numbers.
    """
    literals = (one for one in _classes(type_) if get_origin(one) is Literal)
    members = (one for literal in literals for one in get_args(literal))
    return next(
        (one for one in members if isinstance(one, enum.Enum) and not isinstance(one, (str, int))),
        None,
    )


def hints_of(type_: Any) -> dict[str, Any]:
    """Return the types of a class's fields, by name; {} if it has none.

    The class may be a generic one with its arguments, such as ``Pair[int]``.
    """
    generic = get_origin(type_)
    parameters = getattr(generic, "__parameters__", None)
    if isinstance(generic, type) and isinstance(parameters, tuple):
        chosen = dict(zip(parameters, get_args(type_), strict=False))
        return {name: _chosen(hint, chosen) for name, hint in hints_of(generic).items()}
    if dataclasses.is_dataclass(type_) and isinstance(type_, type):
        hints = get_type_hints(type_, include_extras=True)
        return {field.name: hints[field.name] for field in dataclasses.fields(type_)}
    if is_typed_dict(type_) or is_named_tuple(type_):
        return dict(get_type_hints(type_, include_extras=True))
    fields = getattr(type_, "model_fields", None)
    if isinstance(type_, type) and isinstance(fields, dict):
        return {name: field.annotation for name, field in fields.items()}
    return {}


def is_typed_dict(type_: Any) -> bool:
    """Whether a type is a ``TypedDict``, of ``typing`` or of ``typing_extensions``."""
    return isinstance(type_, type) and issubclass(type_, dict) and hasattr(type_, "__total__")


def is_named_tuple(type_: Any) -> bool:
    """Whether a type is a ``NamedTuple``."""
    return isinstance(type_, type) and issubclass(type_, tuple) and hasattr(type_, "_fields")


def _is_plain(type_: Any) -> bool:
    return (is_typed_dict(type_) or is_named_tuple(type_)) and not hasattr(type_, _HOOK)


def _classes(type_: Any) -> list[Any]:
    """Return all types that a type consists of."""
    found: dict[int, Any] = {}
    waiting = [type_]
    while waiting:
        one = waiting.pop()
        if id(one) in found:
            continue
        found[id(one)] = one
        waiting += [get_origin(one), *get_args(one), *hints_of(one).values()]
    return list(found.values())


def _schema_of(cls: Any, source: Any, handler: Any) -> Any:
    from typing import Annotated

    from pydantic import AfterValidator
    from typing_extensions import NotRequired, TypedDict

    required = getattr(cls, "__required_keys__", None)
    if required is None:  # a NamedTuple
        required = set(cls._fields) - set(cls._field_defaults)
    fields = {
        name: hint if name in required else NotRequired[_bare(hint)]
        for name, hint in hints_of(source).items()
    }
    same = TypedDict(cls.__name__, fields)  # type: ignore[misc]
    same.__doc__ = cls.__doc__ if is_typed_dict(cls) else None
    same.__module__ = cls.__module__
    if is_typed_dict(cls):
        return handler.generate_schema(same)
    made = Annotated[same, AfterValidator(lambda given: cls(**given))]
    return handler.generate_schema(made)


def _chosen(hint: Any, chosen: dict[Any, Any]) -> Any:
    """Return a type with what was chosen for its type variables."""
    if isinstance(hint, TypeVar):
        return chosen.get(hint, hint)
    if isinstance(hint, type):
        return hint
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(chosen.get(one, one) for one in parameters)] if parameters else hint


def _bare(hint: Any) -> Any:
    """Return a type without ``Required`` or ``NotRequired``."""
    # Python 3.10 has these two only in typing_extensions.
    return get_args(hint)[0] if "Required" in str(get_origin(hint)) else hint
