"""Objects that note each call of their own code, for tests that no such call is made.

They are harmless until `watch` is entered, so that the libraries can take them in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_claude._looking.classes import words

#: The calls that were made, such as "Evil.__repr__".
CALLS: list[str] = []
_watching = False

_PROTOCOLS = words("""
    __repr__ __str__ __format__ __bytes__ __hash__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__
    __bool__ __len__ __length_hint__ __iter__ __next__ __reversed__ __contains__ __getitem__
    __getattr__ __getattribute__ __dir__ __class__ __sizeof__ __reduce__ __reduce_ex__ __copy__
    __deepcopy__ __getstate__ __call__ __int__ __float__ __complex__ __index__ __round__ __trunc__
    __neg__ __pos__ __abs__ __invert__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __mod__
    __rmod__ __and__ __or__ __enter__ __exit__ __await__ __aiter__ __anext__ __fspath__ __array__
    __array_interface__ __array_struct__ __array_priority__ __array_ufunc__ __array_function__
    __array_wrap__ __array_finalize__ __dataframe__ __arrow_array__ __arrow_c_array__
    __arrow_c_stream__ __arrow_c_schema__ __dlpack__ __dlpack_device__ __torch_function__
    __torch_dispatch__ __iadd__ __matmul__ __missing__ __get__ __set_name__
    _repr_html_ _repr_mimebundle_ _repr_png_ _ipython_display_ shape dtype columns index values
    items keys name size ndim nbytes tolist item head to_list draw get_children
""")
_META = words("""
    __repr__ __str__ __hash__ __eq__ __ne__ __len__ __iter__ __getattr__ __getattribute__
    __instancecheck__ __subclasscheck__ __dir__ __bool__ __call__ __or__ __getitem__ __contains__
    __sizeof__ __reduce_ex__ mro
""")
#: What Python itself reads of a class or an object while it is made.
_READ_AS_DATA = words("""
    __class__ __array_interface__ __array_struct__ __array_priority__ shape dtype
    columns index values name size ndim nbytes __dlpack_device__
""")


@contextmanager
def watch() -> Iterator[list[str]]:
    """Note all calls meanwhile; each raises an error too."""
    global _watching
    CALLS.clear()
    _watching = True
    try:
        yield CALLS
    finally:
        _watching = False


class Called(Exception):
    """A hostile object's code was called."""


def note(name: str) -> None:
    """Note a call of code of the user's, and go on."""
    if _watching:
        CALLS.append(name)


def _method(owner: str, name: str, usual: Callable[..., Any] | None) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _watching:
            CALLS.append(f"{owner}.{name}")
            raise Called(f"{owner}.{name}")
        if usual is None:
            raise AttributeError(name) if name == "__getattr__" else TypeError(name)
        return usual(self, *args, **kwargs)

    return method


def _reader(owner: str, name: str, base: type) -> property:
    def read(self: Any) -> Any:
        if _watching:
            CALLS.append(f"{owner}.{name}")
            raise Called(f"{owner}.{name}")
        if name == "__class__":
            return type(self)
        usual = getattr(base, name, None)
        if usual is None or not hasattr(usual, "__get__"):
            raise AttributeError(name)
        return usual.__get__(self, type(self))

    return property(read)


class Meta(type):
    """The metaclass of hostile classes; its own methods are hostile too."""


for _name in _META:
    if _name != "mro":
        setattr(Meta, _name, _method("Meta", _name, getattr(type, _name, None)))


def hostile(name: str, base: type = object, module: str = "__main__") -> type:
    """Make a class, of which all code is hostile.

    A base with a metaclass of its own keeps that one.
    """
    body: dict[str, Any] = {"__module__": module}
    for each in _PROTOCOLS:
        usual = getattr(base, each, None)
        if each in _READ_AS_DATA:
            if each == "__class__" or base is object:
                body[each] = _reader(name, each, base)
        elif base is object or usual is not None or each in ("__getattribute__", "__getattr__"):
            if each == "__getattr__" and usual is None and base is not object:
                continue
            if callable(usual) or usual is None:
                body[each] = _method(name, each, usual)
    if base is object:
        body["__hash__"] = _method(name, "__hash__", object.__hash__)
        body["__array_finalize__"] = None
    for each in ("__set_name__", "__get__", "__array_finalize__", "__missing__", "__array_ufunc__"):
        body.pop(each, None)
    kind = Meta if type(base) is type else type(base)
    return kind(name, (base,), body)


Evil = hostile("Evil")
