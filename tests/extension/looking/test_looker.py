"""What the model gets of variables, and how much of it."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.look import LABEL, MOST_CHARACTERS, LookError, Picture
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure


def looker_of(values: dict[str, Any], *own: str) -> Looker:
    return Looker(lambda: values, Recorder(Shell()), Hidden(), own_names=lambda: own)


def seen(value: Any, rows: int = 0) -> list[str]:
    """Return the lines of a look, without the label."""
    look = looker_of({"x": value}).inspect("x", rows)
    assert look.text.startswith(LABEL)
    return look.text.splitlines()[1:]


# --- the overview ---------------------------------------------------------------------------------


def test_the_overview_has_the_users_names() -> None:
    """Else the model gets IPython's names, or ours, or misses the user's."""
    import math

    def helper(a: int, *, b: int = 1) -> None: ...

    values = {
        **{"In": [], "Out": {}, "exit": 1, "quit": 1, "get_ipython": 1, "_": 1, "_i1": "x"},
        **{"claude": 1, "first": 1, "helper": helper, "math": math, "second": "two"},
    }
    look = looker_of(values, "claude").variables()
    assert look.title == "2 variables"
    assert look.text.splitlines() == [
        LABEL,
        'second: str: "two"',
        "first: int: 1",
        "functions and classes: helper",
        "modules: math",
    ]


def test_an_empty_namespace() -> None:
    """Else the model gets nothing and cannot tell that from a fault."""
    look = looker_of({}).variables()
    assert look.title == "0 variables" and "no variables yet" in look.text


def test_tables_come_before_ten_thousand_other_names() -> None:
    """Else the frame that the notebook is about is not in the overview."""
    pd = pytest.importorskip("pandas")
    values = {"frame": pd.DataFrame({"a": [1]}), **{f"name_{n}": n for n in range(10_000)}}
    lines = looker_of(values).variables().text.splitlines()
    assert lines[1].startswith("frame: DataFrame, 1 row × 1 column")
    assert lines[2] == "name_9999: int: 9999"
    assert lines[-1] == "… 9,940 more variables"


def test_a_missing_name() -> None:
    """Else Claude guesses on, since it does not learn the right name."""
    with pytest.raises(LookError, match=r"There is no variable dff; did you mean df\?"):
        looker_of({"df": 1}).inspect("dff")
    with pytest.raises(LookError, match="There is no variable zzzz; the tool variables lists them"):
        looker_of({"df": 1}).inspect("zzzz")


@pytest.mark.parametrize(
    "value",
    [
        ["word " * 40] * 10_000,
        {f"name {n}": "word " * 40 for n in range(10_000)},
        "word " * 100_000,
        {f"deep {n}": {f"d{m}": ["word " * 40] * 50 for m in range(50)} for n in range(500)},
    ],
)
def test_a_look_is_never_too_long(value: Any) -> None:
    """Else the CLI refuses the tool's result, and the model gets nothing."""
    look = looker_of({"x": value}).inspect("x", 50)
    assert len(look.text) <= MOST_CHARACTERS
    assert "…" in look.text


def test_a_wide_frame_is_never_too_long() -> None:
    """Else a frame with many columns leaves no room for anything else, or is refused."""
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    frame = pd.DataFrame(np.zeros((60, 300))).astype(str) + "x" * 500
    frame.columns = [f"{n} " + "c" * 500 for n in range(300)]
    look = looker_of({"x": frame}).inspect("x", 5_000)
    assert len(look.text) <= MOST_CHARACTERS
    assert "… 250 more columns" in look.text


# --- single things --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "x: None"),
        (1.5, "x: float: 1.5"),
        pytest.param(10**5_000, "x: an integer with about 5,001 digits", id="huge"),
        (range(10**9), "x: range: range(0, 1000000000, 1)"),
        (b"ab", "x: bytes: b'ab' (bytes, 2)"),
        ([], "x: list of 0: empty list"),
        ({"a": [1, {"b": 2}]}, 'x: dict of 1: {"a": [1, ‹dict of 1›]}'),
        ("a\u202eb\x1b[2J", 'x: str: "a⟨U+202E⟩b⟨U+001B⟩[2J"'),
        (print, "x: builtin function print"),
        (types, "x: module types"),
        (ValueError, "x: class ValueError of Exception, BaseException"),
        (object(), "x: object"),
    ],
)
def test_a_thing_in_one_line(value: Any, line: str) -> None:
    """Else the model does not know what a variable is."""
    assert seen(value)[0] == line


def test_a_container_that_holds_itself() -> None:
    """Else looking at it never ends."""
    loop: list[Any] = [1]
    loop.append(loop)
    table: dict[str, Any] = {"loop": loop}
    table["self"] = table
    assert seen(loop)[0] == "x: list of 2: [1, [1, ‹list of 2›]]"
    assert seen(table)[0].startswith("x: dict of 2: ")


def test_an_object_of_the_notebooks_own_class() -> None:
    """Else the model does not see what the user's own objects hold."""
    cls = type("Model", (), {"__module__": "__main__", "fit": lambda self, x: None})
    thing: Any = cls()
    thing.rate, thing.api_key, thing.layers = 0.1, "plain-word", [1, 2]
    assert seen(thing) == [
        "x: __main__.Model",
        "  .rate: 0.1",
        "  .api_key: ‹withheld›",
        "  .layers: [1, 2]",
        "  methods: fit",
    ]


def test_a_function() -> None:
    """Else Claude calls the user's functions in the wrong way."""

    def load(
        path: str, /, columns: Any = None, *rest: int, strict: bool = False, **more: Any
    ) -> None:
        """Load a file."""

    assert seen(load) == [
        "x: function load(path, /, columns=…, *rest, strict, **more)",
        "says: Load a file.",
    ]


def test_a_pandas_frame() -> None:
    """Else Claude writes code for columns, types or values that are not there."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "f": [0.5, None, 1.5],
            "s": ["a", "b", "a"],
            "c": pd.Categorical(["u", "v", "u"]),
            "d": pd.date_range("2020-01-01", periods=3),
            "i": pd.array([1, 2, None], dtype="Int64"),
        },
        index=pd.Index(["r1", "r2", "r3"], name="row"),
    )
    lines = seen(frame, 2)
    assert lines[0].startswith("x: DataFrame, 3 rows × 6 columns, ")
    assert lines[1] == 'index: Index of 3, named "row", r1 … r3'
    assert lines[3] == "  n: int64, min 1, max 3, mean 2"
    assert lines[4] == "  f: float64, min 0.5, max 1.5, mean 1, 1 missing"
    assert lines[5].endswith("2 different: a (2), b (1)")
    assert lines[6] == "  c: category, 2 categories: u, v"
    assert "2020-01-01" in lines[7] and "2020-01-03" in lines[7]
    assert lines[8] == "  i: Int64, min 1, max 2, mean 1.5, 1 missing"
    assert lines[9:11] == ["first 2 rows:", "  n | f | s | c | d | i"]
    assert lines[11].startswith("  1 | 0.5 | a | u | 2020-01-01 00:00:00")
    assert lines[11].endswith(" | 1")
    assert lines[12].startswith("  2 | nan | b | v |")
    assert len(lines) == 13


def test_only_the_first_rows_of_a_big_frame_are_read() -> None:
    """Else a look at a big frame takes long; or the model takes a part for the whole."""
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    values = np.zeros(300_000)
    values[200_000] = 9
    lines = seen(pd.DataFrame({"a": values}))
    assert lines[3] == "  a: float64, min 0, max 0, mean 0"
    assert lines[-1] == "(missing values, ranges and counts: in the first 100,000 rows)"


def test_a_wide_frame_is_read_in_part() -> None:
    """Else a look at a frame of texts freezes the kernel for seconds."""
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    texts = np.repeat(np.array([object()], dtype=object), 100_000)
    frame = pd.DataFrame({f"c{n}": texts for n in range(50)}, copy=False)
    lines = seen(frame)
    assert lines[3] == "  c0: object, holds ‹object›"
    assert lines[-1] == "(missing values, ranges and counts: in the first 20,000 rows)"


def test_series_indexes_and_levels() -> None:
    """Else Claude does not know how a frame's rows are named."""
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"])
    assert seen(pd.Series([1, 2, 3, 4], index=index, name="n"))[1] == (
        'index: MultiIndex of 4, levels "x", "y"'
    )
    assert seen(index, 2)[-1] == 'first: ("a", 1), ("a", 2)'
    assert seen(pd.RangeIndex(5))[1] == "RangeIndex of 5, 0 … 4"
    assert seen(pd.date_range("2020-01-01", periods=2))[1].startswith(
        "DatetimeIndex of 2, 2020-01-01 00:00:00 … 2020-01-02"
    )


def test_numpy_arrays() -> None:
    """Else Claude does not know the shape of what it should work on."""
    np = pytest.importorskip("numpy")
    assert seen(np.arange(6.0).reshape(2, 3), 5) == [
        "x: ndarray, shape (2 × 3), float64, 48 bytes",
        "min 0, max 5, mean 2.5",
        "first 2 of 2:",
        "  0, 1, 2",
        "  3, 4, 5",
    ]
    assert seen(np.array([1.0, np.nan]))[1] == "min 1, max 1, mean 1, 1 missing"
    assert seen(np.array([True, False]))[1] == "1 of 2 are True"
    assert seen(np.zeros((0, 3))) == ["x: ndarray, shape (0 × 3), float64, 0 bytes"]
    assert seen(np.float32(1.5))[0] == "x: numpy.float32: 1.5"
    record = np.zeros(1, dtype=[("a", "i4"), ("b", "f8", (2,))])
    assert seen(record)[0] == "x: ndarray, shape (1), {a int32, b float64(2)}, 20 bytes"


def test_polars_and_arrow() -> None:
    """Else who works with polars or Arrow gets a Claude that cannot see the data."""
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    data = {"n": [1, None], "s": ["a", "b"]}
    frame = pl.DataFrame(data)
    assert seen(frame, 1)[1:] == [
        "columns:",
        "  n: Int64, 1 missing, min 1, max 1",
        "  s: String, 2 different: a (1), b (1)",
        "first 1 row:",
        "  n | s",
        "  1 | a",
    ]
    assert seen(frame.lazy())[0] == "x: polars LazyFrame, not collected"
    table = seen(pa.table(data), 1)
    assert table[0].startswith("x: pyarrow Table, 2 rows × 2 columns")
    assert table[2].startswith("  n: int64, 1 missing")
    assert table[-1] == "  1 | a"
    assert seen(pa.array([1, 2]))[0].startswith("x: pyarrow Int64Array of 2, int64")


def test_xarray_without_loading() -> None:
    """Else a look at a dataset reads gigabytes from a disk."""
    xr, np = pytest.importorskip("xarray"), pytest.importorskip("numpy")

    from xarray.backends import BackendArray

    class Remote(BackendArray):
        shape, dtype = (5,), np.dtype("f8")

        def __getitem__(self, key: Any) -> Any:
            raise AssertionError("it was loaded")

    lazy = xr.core.indexing.LazilyIndexedArray(Remote())
    dataset = xr.Dataset(
        {"t": (("y", "x"), np.ones((2, 3))), "far": ("z", lazy)}, coords={"x": [1, 2, 3]}
    )
    lines = seen(dataset)
    assert lines[0] == "x: xarray Dataset, (y: 2, x: 3, z: ?), 3 variables and coordinates"
    assert "  t: (y: 2, x: 3), float64, 48 bytes, min 1, max 1, mean 1" in lines
    assert "  far: (z: ?), LazilyIndexedArray, not loaded" in lines
    assert "  x: (x: 3), an index" in lines


def test_dask_without_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a look starts a computation of hours. A module stands in for dask."""
    xr, np = pytest.importorskip("xarray"), pytest.importorskip("numpy")
    dask, core = types.ModuleType("dask"), types.ModuleType("dask.array.core")

    class Array:
        __slots__ = ("__chunks", "_meta")
        shape, dtype, ndim = (4, 5), np.dtype("f8"), 2

        def __init__(self) -> None:
            self.__chunks = ((2, 2), (5,))
            self._meta = np.zeros((0, 0))

        def __array__(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("it was computed")

        def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("it was computed")

    Array.__module__, Array.__qualname__ = "dask.array.core", "Array"
    core.Array = Array  # type: ignore[attr-defined]
    dataset = xr.Dataset({"a": (("u", "v"), Array())})
    monkeypatch.setitem(sys.modules, "dask", dask)
    monkeypatch.setitem(sys.modules, "dask.array.core", core)
    assert seen(Array()) == ["x: dask Array, shape (4 × 5), float64, not computed"]
    assert "  a: (u: 4, v: 5), float64, dask, not computed" in seen(dataset)


class _Value:
    def __init__(self, number: float) -> None:
        self._number = number

    def item(self) -> float:
        return self._number


def test_torch_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who trains models gets a Claude that does not know a tensor's shape.

    torch is too large for the tests, so a module stands in.
    """
    torch = types.ModuleType("torch")

    class Tensor:
        shape, dtype, device, layout = (2, 3), "torch.float32", "cpu", "torch.strided"
        requires_grad = True

        def numel(self) -> int:
            return 6

        def element_size(self) -> int:
            return 4

        def detach(self) -> Tensor:
            return self

        def reshape(self, *shape: int) -> Tensor:
            return self

        def is_complex(self) -> bool:
            return False

        def min(self) -> _Value:
            return _Value(0)

        def max(self) -> _Value:
            return _Value(5)

        def __getitem__(self, part: slice) -> Tensor:
            return self

        def tolist(self) -> list[float]:
            return [0.0, 1.0]

    Tensor.__module__, Tensor.__qualname__ = "torch", "Tensor"
    torch.Tensor = Tensor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert seen(Tensor(), 5) == [
        "x: torch Tensor, shape (2 × 3), float32, cpu, 24 bytes, requires_grad",
        "min 0, max 5",
        "first values: 0.0, 1.0",
    ]
    Tensor.device = "cuda:0"
    assert "not looked at" in seen(Tensor(), 5)[1]


# --- figures --------------------------------------------------------------------------------------


@pytest.fixture
def figure() -> Any:
    """Make a figure with a back end that can draw."""
    pytest.importorskip("matplotlib.backends.backend_agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), dpi=100)
    axes = figure.add_subplot(title="Sales", xlabel="month")
    axes.plot([1, 2, 3])
    figure.suptitle("All years")
    return figure


def test_a_figure_and_its_picture(figure: Any) -> None:
    """Else Claude cannot read a plot; or a large picture costs thousands of tokens."""
    look = looker_of({}).look_at("fig", figure, drawn=True)
    assert "title: All years" in look.text
    assert "axes 0: title: Sales, xaxis: month, 1 Line2D" in look.text
    picture = look.parts[-1]
    assert isinstance(picture, Picture) and picture.mime == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert int.from_bytes(picture.data[16:20], "big") == 768
    assert int.from_bytes(picture.data[20:24], "big") == 256


def test_drawing_leaves_a_figure_as_it_was(figure: Any) -> None:
    """Else a look changes a figure's size or canvas, or draws it in the notebook."""
    drawn: list[Any] = []
    figure.stale_callback = lambda *_: drawn.append("stale")
    figure.canvas.mpl_connect("draw_event", drawn.append)
    before = (figure.canvas, figure.dpi, tuple(figure.get_size_inches()), figure.stale)
    handlers = figure.canvas.callbacks
    looker_of({}).look_at("fig", figure, drawn=True)
    assert (figure.canvas, figure.dpi, tuple(figure.get_size_inches()), figure.stale) == before
    assert figure.canvas.callbacks is handlers
    assert drawn == []


def test_usual_plots_can_be_drawn() -> None:
    """Else Claude sees no picture of what most notebooks plot."""
    pytest.importorskip("matplotlib.backends.backend_agg")
    pd = pytest.importorskip("pandas")
    import numpy as np
    from matplotlib.figure import Figure

    image, dates, bars = Figure(), Figure(), Figure(layout="constrained")
    axes = image.add_subplot()
    image.colorbar(axes.imshow(np.eye(3)))
    series = pd.Series([1, 2, 3], index=pd.date_range("2020-01-01", periods=3))
    series.plot(ax=dates.add_subplot())
    axes = bars.add_subplot(yscale="log")
    axes.bar(["a", "b"], [1, 2], label="x")
    axes.legend()
    for figure in (image, dates, bars):
        look = looker_of({}).look_at("fig", figure, drawn=True)
        assert isinstance(look.parts[-1], Picture), look.text
