"""Pickles of types, also of those that a notebook's cell defines: these go by value."""

from __future__ import annotations

import dataclasses
import io
import pickle
import sys
from importlib import import_module
from typing import Any

#: Who can pickle by value, the engines' own copies included.
_ABLE = ("cloudpickle", "pyspark.cloudpickle", "ray.cloudpickle")


def packed(given: Any) -> bytes | None:
    """Return the pickle of a type or function; None if nothing here can make one."""
    engine = _engine()
    if engine is None:
        try:
            return None if _is_of_main(given) else pickle.dumps(given)
        except Exception:
            return None
    Base: Any = engine.Pickler

    class Pickler(Base):  # type: ignore[misc]
        def reducer_override(self, thing: Any) -> Any:
            # Who reads a dataclass looks for this very object, not for a copy of it.
            if thing is dataclasses.MISSING:
                return getattr, (dataclasses, "MISSING")
            return super().reducer_override(thing)

    file = io.BytesIO()
    try:
        Pickler(file).dump(given)
    except Exception:
        return None
    return file.getvalue()


def unpacked(made: bytes) -> Any:
    """Return what `packed` has pickled."""
    return pickle.loads(made)


def _engine() -> Any:
    for name in sorted(_ABLE, key=lambda name: name.partition(".")[0] not in sys.modules):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _is_of_main(given: Any) -> bool:
    return getattr(given, "__module__", None) == "__main__"
