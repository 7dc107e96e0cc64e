"""Looking calls no code of the user's, wherever the objects are."""

from __future__ import annotations

import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._looking.completion import complete
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.mentions import Mentions
from jupyter_claude._looking.recorder import Recorder
from tests.extension.looking.hostile import Called, Evil, Meta, hostile, note, watch
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure


def subclass_of(base: type, *args: Any) -> Any:
    return hostile(f"Evil{base.__name__}", base)(*args)


def builtins_with_hostile_members() -> dict[str, Any]:
    evil = Evil()
    nested: list[Any] = [evil, [evil, [evil, [evil]]], {"a": evil, "b": {"c": (evil,)}}]
    nested.append(nested)
    return {
        "evil": evil,
        "the_class": Evil,
        "the_metaclass": Meta,
        "nested": nested,
        "by_key": {evil: evil, (evil,): 1, "password": Evil(), "text": evil},
        "a_set": {evil},
        "a_frozenset": frozenset([evil]),
        "a_tuple": (evil, (evil,)),
        "a_deque": deque([evil]),
        "a_defaultdict": defaultdict(lambda: evil, {1: evil}),
        "an_ordered": OrderedDict([(evil, evil)]),
        "a_counter": Counter([evil]),
        "api_key": Evil(),
        "secret_things": [Evil(), {"a": Evil(), "token": Evil()}],
        "hidden_thing": [Evil()],
        "function": lambda a=evil, *, b=evil: evil,
        "method": types.MethodType(lambda self: 0, evil),
        "error": ValueError(evil, "text"),
        "namespace": types.SimpleNamespace(a=evil),
        "of_main": type("Plain", (), {"__module__": "__main__", "x": evil})(),
        "a_slice": slice(evil, evil),
        "a_partial": __import__("functools").partial(print, evil),
        "an_iterator": iter([evil]),
        "a_generator": (each for each in [evil]),
        "evil_module": hostile("EvilModule", types.ModuleType)("evil"),
    }


def subclasses_of_builtins() -> dict[str, Any]:
    made = {}
    for base, args in (
        (int, (5,)),
        (float, (1.5,)),
        (str, ("text",)),
        (bytes, (b"text",)),
        (list, ([1, 2],)),
        (tuple, ([1, 2],)),
        (dict, ({"a": 1},)),
        (set, ([1],)),
        (frozenset, ([1],)),
        (OrderedDict, ({"a": 1},)),
        (Exception, ("text",)),
    ):
        thing = subclass_of(base, *args)
        made[f"of_{base.__name__}"] = thing
        made[f"in_list_{base.__name__}"] = [thing, (thing,), {"key": thing}]
    made["of_main"] = type("Holder", (), {"__module__": "__main__"})()
    made["of_main"].__dict__["a"] = Evil()
    return made


def filled(*things: Any) -> Any:
    """Make an array of objects, one by one: numpy would ask them for their own arrays."""
    import numpy as np

    array = np.empty(len(things), dtype=object)
    for index, thing in enumerate(things):
        array[index] = thing
    return array


def arrays_and_frames() -> dict[str, Any]:
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    evil = Evil()
    objects = filled(evil, 1, "text", None)
    record = np.zeros(1, dtype=[("x", "i4"), ("o", object)])
    record["o"] = filled(evil)
    array = hostile("EvilArray", np.ndarray)
    frame = pd.DataFrame({"a": [1, 2]})
    frame["evil"] = pd.Series(filled(evil, "x"))
    frame["b"] = [1.5, None]
    frame.columns = pd.Index(filled("a", "evil", evil), dtype=object)
    frame.attrs["evil"] = evil
    frame.__dict__["mine"] = evil
    big = pd.DataFrame({"a": range(200_000)})
    big["o"] = pd.Series(np.repeat(filled(evil), 200_000))
    indexed = pd.DataFrame({"a": [1]}, index=pd.Index(filled(evil), dtype=object, name=evil))
    levels = pd.MultiIndex(
        [pd.Index(filled(evil), dtype=object), [1, 2]], [[0, 0], [0, 1]], names=["n", evil]
    )
    return {
        "objects": objects,
        "matrix": objects.reshape(2, 2),
        "zero_d": filled(evil).reshape(()),
        "record": record,
        "titled": np.zeros(
            1, dtype=np.dtype({"names": ["a"], "formats": ["i4"], "titles": [evil]})
        ),
        "evil_array": np.zeros(3).view(array),
        "masked": np.ma.masked_array([1, 2], mask=[True, False]),
        "frame": frame,
        "big": big,
        "indexed": indexed,
        "levels": pd.DataFrame({"a": [1, 2]}, index=levels),
        "category": pd.Series(
            pd.Categorical.from_codes([0, 0], pd.Index(filled(evil), dtype=object))
        ),
        "series": pd.Series(filled(evil, None, 1.5, "x"), name=evil),
        "an_index": pd.Index(filled(evil, "x"), dtype=object),
        "evil_frame": hostile("EvilFrame", pd.DataFrame)({"a": [1]}),
        "evil_series": hostile("EvilSeries", pd.Series)([1, 2]),
        "list_of_frames": [frame, {"f": frame}],
        "extension": pd.DataFrame({"a": extension_array(pd)}),
        "of_extension": pd.Series(extension_array(pd)),
        "zoned": pd.Series(pd.to_datetime(["2020-01-01"]).tz_localize(evil_zone())),
    }


def extension_array(pd: Any) -> Any:
    """Make a column of a class of the user's."""
    from pandas.api.extensions import ExtensionArray, ExtensionDtype

    class Kind(ExtensionDtype):  # type: ignore[misc]
        type, name = object, "kind"

        @classmethod
        def construct_array_type(cls) -> Any:
            return Column

    def noted(name: str, usual: Any) -> Any:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            note(f"Column.{name}")
            return usual(self, *args, **kwargs)

        return method

    class Column(ExtensionArray):  # type: ignore[misc]
        dtype = property(noted("dtype", lambda self: Kind()))
        nbytes = property(noted("nbytes", lambda self: 8))
        __len__ = noted("__len__", lambda self: 2)
        __getitem__ = noted("__getitem__", lambda self, part: self)
        isna = noted("isna", lambda self: [False, False])
        copy = noted("copy", lambda self: self)
        take = noted("take", lambda self, *args, **more: self)
        __repr__ = noted("__repr__", lambda self: "column")

    return Column()


def evil_zone() -> Any:
    """Make a time zone whose code is hostile only while it is watched."""
    import datetime

    class Zone(datetime.tzinfo):
        def utcoffset(self, when: Any) -> datetime.timedelta:
            note("Zone.utcoffset")
            return datetime.timedelta(hours=1)

        def dst(self, when: Any) -> datetime.timedelta:
            return datetime.timedelta(0)

        def tzname(self, when: Any) -> str:
            note("Zone.tzname")
            return "Z"

        def __repr__(self) -> str:
            return self.tzname(None)

        __str__ = __repr__

    return Zone()


def zoned_times() -> dict[str, Any]:
    import datetime

    zone = evil_zone()
    when = datetime.datetime(2020, 1, 1, tzinfo=zone)
    return {"when": when, "whens": [when], "time": datetime.time(1, tzinfo=zone)}


def other_libraries() -> dict[str, Any]:
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    xr = pytest.importorskip("xarray")
    evil = Evil()
    objects = filled(evil, 1)
    dataset = xr.Dataset({"a": ("x", objects)}, coords={"x": [1, 2]}, attrs={"evil": evil})
    dataset.attrs[evil] = 1
    frame = pl.DataFrame({"a": [1], "o": pl.Series([evil], dtype=pl.Object)})
    return {
        "polars_frame": frame,
        "polars_series": frame["o"],
        "lazy": pl.LazyFrame({"a": [1]}).map_batches(lambda frame: evil()),
        "evil_polars": hostile("EvilPolars", pl.DataFrame)({"a": [1]}),
        "arrow": pa.table({"a": [1, None], "b": ["x", "y"]}),
        "dataset": dataset,
        "data_array": dataset["a"],
        "pandas_arrow": pandas_arrow(pa),
        "arrow_extension": arrow_extension(pa),
        "in_arrow": pa.table({"a": arrow_extension(pa)}),
        "evil_dims": xr.DataArray([1.0, 2.0], dims=[evil]),
        "shadowed": shadowed(pl.DataFrame({"a": [1]})),
    }


def arrow_extension(pa: Any) -> Any:
    """Make an array of a type of the user's."""

    class Kind(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.int64(), "tests.kind")

        def __arrow_ext_serialize__(self) -> bytes:
            note("Kind.__arrow_ext_serialize__")
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Any:
            note("Kind.__arrow_ext_deserialize__")
            return cls()

        def __arrow_ext_class__(self) -> Any:
            note("Kind.__arrow_ext_class__")
            return pa.ExtensionArray

        def __arrow_ext_scalar_class__(self) -> Any:
            note("Kind.__arrow_ext_scalar_class__")
            return pa.ExtensionScalar

        def __repr__(self) -> str:
            note("Kind.__repr__")
            return "Kind"

        __str__ = __repr__

        def __reduce__(self) -> Any:
            note("Kind.__reduce__")
            return (Kind, ())

    return pa.ExtensionArray.from_storage(Kind(), pa.array([1, 2]))


def pandas_arrow(pa: Any) -> Any:
    """Make a frame of pandas with such a column."""
    pd = pytest.importorskip("pandas")
    column = pd.arrays.ArrowExtensionArray(pa.chunked_array([arrow_extension(pa)]))
    return pd.DataFrame({"a": column})


def shadowed(frame: Any) -> Any:
    """Put hostile functions in place of a frame's methods."""
    frame.__dict__.update(get_columns=Evil(), estimated_size=Evil(), head=Evil())
    return frame


def polars_extension() -> dict[str, Any]:
    pl = pytest.importorskip("polars")
    if not hasattr(pl, "BaseExtension"):
        pytest.skip("this polars has no extension types")

    base: Any = pl.BaseExtension

    class Kind(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__("tests.kind", pl.Int64)

        @classmethod
        def ext_from_params(cls, *args: Any) -> Any:
            note("Kind.ext_from_params")
            return cls()

        def __repr__(self) -> str:
            note("Kind.__repr__")
            return "Kind"

    pl.register_extension_type("tests.kind", Kind)
    series = pl.Series("a", [1, 2], dtype=Kind())
    nested = pl.Series("b", [[1], [2]], dtype=pl.List(Kind()))
    return {"series": series, "frame": pl.DataFrame([series]), "nested": nested}


@pytest.fixture(autouse=True)
def _unregistered() -> Iterator[None]:
    yield
    pl: Any = sys.modules.get("polars")
    if hasattr(pl, "get_extension_type") and pl.get_extension_type("tests.kind"):
        pl.unregister_extension_type("tests.kind")


def figures() -> dict[str, Any]:
    pytest.importorskip("matplotlib.backends.backend_agg")  # a notebook's back end loads it
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter

    evil = Evil()
    with_artist, with_formatter, with_handler, plain = Figure(), Figure(), Figure(), Figure()
    with_artist.add_subplot().add_line(hostile("EvilLine", Line2D)([1, 2], [1, 2]))
    with_formatter.add_subplot().xaxis.set_major_formatter(FuncFormatter(lambda x, _: evil()))
    with_handler.add_subplot().plot([1, 2])
    with_handler.canvas.mpl_connect("draw_event", lambda event: evil())
    limits = Figure()
    limits.add_subplot().callbacks.connect("xlim_changed", lambda axes: evil())
    plain.add_subplot(title="Title").plot([1, 2])
    return {
        "with_artist": with_artist,
        "with_formatter": with_formatter,
        "with_handler": with_handler,
        "limits": limits,
        "plain": plain,
        "evil_figure": hostile("EvilFigure", Figure)(),
    }


PLACES = [
    builtins_with_hostile_members,
    subclasses_of_builtins,
    zoned_times,
    arrays_and_frames,
    other_libraries,
    polars_extension,
    figures,
]


@pytest.mark.parametrize("make", PLACES)
def test_no_code_of_the_users_is_called(make: Any) -> None:
    """Else a look freezes the kernel, loads data or does what an object's `__repr__` does."""
    values = make()
    looker = look_at(values)
    with watch() as calls:
        texts = [looker.variables().text]
        for name in values:
            for rows in (0, 50):
                texts.append(looker.inspect(name, rows).text)
            texts.append(looker.look_at(name, values[name], 3, drawn=True).text)
    assert calls == []
    assert not [text for text in texts if "not readable" in text or "Called" in text]


@pytest.mark.parametrize("make", PLACES)
def test_prompts_and_completion_call_none_either(make: Any) -> None:
    """Else typing an `@` runs the user's code."""
    values = make()
    values["Out"] = dict(enumerate(values.values()))
    mentions = Mentions(look_at(values), Path)
    prompt = " ".join(f"@{name}" for name in values if name != "Out")
    with watch() as calls:
        complete(mentions, "@", 1)
        for name in values:
            complete(mentions, f"@{name}", len(name) + 1)
        for mention in mentions.find(prompt + " @Out[1] @Out[2]"):
            mentions.attach(mention)
    assert calls == []


def test_the_hostile_objects_would_tell() -> None:
    """Else the test above passes because the objects cannot note anything."""
    for use in (repr, len, bool, hash, list, lambda each: each.x, lambda each: each == 1):
        with watch() as calls, pytest.raises(Called):
            use(Evil())
        assert len(calls) >= 1
    with watch() as calls, pytest.raises(Called):
        hash(Evil)
    assert calls == ["Meta.__hash__"]
    text = subclass_of(str, "text")
    with watch(), pytest.raises(Called):
        isinstance(text, int)


def test_a_name_that_is_no_text() -> None:
    """Else a namespace with odd keys makes each look fail, or calls their code."""
    name = subclass_of(str, "x")
    looker = look_at({name: 1, "y": 2})
    with watch() as calls:
        text = looker.variables().text
    assert calls == [] and "y: int: 2" in text


def test_an_error_of_the_users() -> None:
    """Else `recent` calls the `__str__` of an exception."""
    shell = Shell()
    recorder = Recorder(shell)
    recorder.start()
    error = hostile("EvilError", Exception)(Evil())
    try:
        raise error
    except Exception as raised:
        caught = raised
    looker = Looker(lambda: {"error": caught}, recorder, Hidden())
    with watch() as calls:
        shell.run("fail()", error=caught)
        shell.run("fail(", before=caught)
        text = looker.recent().text + looker.error().text + looker.outputs().text
    assert calls == []
    assert "__main__.EvilError" in text


def test_a_module_that_only_stands_in() -> None:
    """Else a module of the user's in `sys.modules` is asked for a library's classes."""
    fake = hostile("EvilModule", types.ModuleType)("torch")
    before = sys.modules.get("torch")
    sys.modules["torch"] = fake
    cls = hostile("Tensor", object, "torch")
    try:
        looker = look_at({"t": cls()})
        with watch() as calls:
            text = looker.inspect("t", 5).text
    finally:
        if before is None:
            del sys.modules["torch"]
        else:
            sys.modules["torch"] = before
    assert calls == [] and "torch.Tensor" in text


def look_at(values: dict[Any, Any]) -> Looker:
    hidden = Hidden()
    hidden.hide("hidden_*")
    return Looker(lambda: values, Recorder(Shell()), hidden)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
