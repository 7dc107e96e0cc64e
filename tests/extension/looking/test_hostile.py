"""Looking calls no code of the user's, wherever the objects are."""

from __future__ import annotations

import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder
from tests.extension.looking.hostile import Called, Evil, Meta, hostile, watch
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
    big["o"] = pd.Series(filled(*[evil] * 200_000))
    indexed = pd.DataFrame({"a": [1]}, index=pd.Index(filled(evil), dtype=object, name=evil))
    levels = pd.MultiIndex(
        [pd.Index(filled(evil), dtype=object), [1, 2]], [[0, 0], [0, 1]], names=["n", evil]
    )
    return {
        "objects": objects,
        "matrix": objects.reshape(2, 2),
        "zero_d": filled(evil).reshape(()),
        "record": record,
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
        "zoned": pd.Series(pd.to_datetime(["2020-01-01"]).tz_localize(evil_zone())),
    }


def evil_zone() -> Any:
    """Make a time zone whose code is hostile only while it is watched."""
    import datetime

    class Zone(datetime.tzinfo):
        def utcoffset(self, when: Any) -> datetime.timedelta:
            from tests.extension.looking import hostile as module

            if module._watching:
                module.CALLS.append("Zone.utcoffset")
            return datetime.timedelta(hours=1)

        def dst(self, when: Any) -> datetime.timedelta:
            return datetime.timedelta(0)

        def tzname(self, when: Any) -> str:
            from tests.extension.looking import hostile as module

            if module._watching:
                module.CALLS.append("Zone.tzname")
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
        "shadowed": shadowed(pl.DataFrame({"a": [1]})),
    }


def shadowed(frame: Any) -> Any:
    """Put hostile functions in place of a frame's methods."""
    frame.__dict__.update(get_columns=Evil(), estimated_size=Evil(), head=Evil())
    return frame


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
