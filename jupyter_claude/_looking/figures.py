"""Shows matplotlib's figures: their titles and labels, and a picture.

To draw a figure calls what it is made of. So a picture is made only if all of that is matplotlib's
own, and no handlers of the user's are called meanwhile.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timezone
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakMethod

from .arrays import is_array
from .classes import (
    bases,
    class_variables,
    full_name,
    instance_variables,
    known,
    member,
    words,
)
from .look import Picture
from .sight import Sight

FIGURE = "matplotlib:Figure"
_MOST_WIDE, _MOST_HIGH = 768, 768
_MOST_ARTISTS = 5_000
_MOST_AXES = 12
_FUNCTION = "to draw it would run a function of yours; show it in a cell"
_PARTS = words(
    "_agg_filter _axes_locator _scale _usetex _converter converter _transform "
    "_path_effects _layout_engine _colorizer _norm norm _cmap cmap xycoords textcoords "
    "anncoords _clippath"
)
#: Methods that users replace, and that drawing does not call.
_HARMLESS = words("format_coord format_cursor_data fmt_xdata fmt_ydata fmt_zdata")
_CALLERS = ("matplotlib:FuncFormatter", "matplotlib:FuncTransform", "matplotlib:FuncScale")


class NoPicture(Exception):
    """A figure cannot be drawn safely. The message says why."""


def handles(name: str) -> bool:
    """Whether the class with this known name is matplotlib's figure."""
    return name == FIGURE


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the size and the number of axes."""
    axes = _axes(thing)
    plots = f"{len(axes)} axes"
    titles = [text for each in axes if (text := _label(instance_variables(each).get("title")))]
    title = f", {sight.line(titles[0], path, 80)}" if titles else ""
    return f"matplotlib Figure, {plots}{title}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the texts of the figure and of its axes."""
    lines = []
    title = _label(instance_variables(thing).get("_suptitle"))
    if title:
        lines.append(f"title: {sight.line(title, path, 200)}")
    for number, axes in enumerate(_axes(thing)[:_MOST_AXES]):
        values = instance_variables(axes)
        texts = [("title", values.get("title"))]
        for name in ("xaxis", "yaxis", "zaxis"):
            axis = values.get(name)
            if known(axis):
                texts.append((name, instance_variables(axis).get("label")))
        said = [
            f"{name}: {sight.line(text, path, 120)}"
            for name, each in texts
            if (text := _label(each))
        ]
        children = values.get("_children")
        kinds = _count(children) if type(children) is list else ""
        lines.append(f"axes {number}: {', '.join([*said, kinds]) or 'empty'}")
    return lines


def picture(figure: Any) -> Picture:
    """Draw a figure, and leave it as it was.

    Raises
    ------
    NoPicture
        If to draw it might run the user's code, or takes too long.
    """
    make = member("matplotlib.backends.backend_agg", "FigureCanvasAgg")
    if make is None or known(figure) != FIGURE:
        raise NoPicture("show it in a cell first; then `outputs` has its picture")
    width, height = (float(length) for length in figure.get_size_inches())
    if not (0 < width < 200 and 0 < height < 200):
        raise NoPicture("its size is unusual")
    dpi = min(float(figure.dpi), _MOST_WIDE / width, _MOST_HIGH / height)
    file = io.BytesIO()
    with _as_it_was(figure) as stale, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check(figure, stale)
        try:
            make(figure).print_figure(file, dpi=dpi, format="png", bbox_inches=None)
        except Exception as error:
            raise NoPicture(f"drawing it failed: {full_name(type(error))}") from None
    return Picture(file.getvalue(), "image/png")


@contextmanager
def _as_it_was(figure: Any) -> Iterator[list[tuple[Any, Any]]]:
    """Put back the figure's canvas and handlers, and what is marked as to be drawn.

    It yields the list for these marks.
    """
    values = object.__getattribute__(figure, "__dict__")
    registry = member("matplotlib.cbook", "CallbackRegistry")
    names = ("canvas", "_canvas_callbacks", "stale_callback")
    kept = {name: values[name] for name in names if name in values}
    stale: list[tuple[Any, Any]] = []
    values["stale_callback"] = None
    if registry is not None and "_canvas_callbacks" in kept:
        values["_canvas_callbacks"] = registry()
    try:
        yield stale
    finally:
        values.update(kept)
        for artist, was in stale:
            object.__getattribute__(artist, "__dict__")["_stale"] = was


def _check(figure: Any, stale: list[tuple[Any, Any]]) -> None:
    """Raise `NoPicture` unless all that is drawn is matplotlib's own; note what is stale."""
    settings = member("matplotlib", "rcParams")
    if settings is None or dict.get(settings, "text.usetex"):
        raise NoPicture("LaTeX would write its texts; show it in a cell")
    waiting = [figure]
    seen: dict[int, Any] = {}
    while waiting:
        artist = waiting.pop()
        if id(artist) in seen:
            continue
        seen[id(artist)] = artist
        if len(seen) > _MOST_ARTISTS:
            raise NoPicture("it has very many parts; show it in a cell")
        _check_artist(artist)
        stale.append((artist, instance_variables(artist).get("_stale", True)))
        waiting += artist.get_children()


def _check_artist(artist: Any) -> None:
    if not _is_own(artist):
        name = full_name(type(artist))[:80]
        raise NoPicture(f"to draw it would run the code of {name}; show it in a cell")
    values = instance_variables(artist)
    overridden = _methods(artist) & values.keys() - _HARMLESS
    if not all(_is_own_method(values[name]) for name in overridden):
        raise NoPicture(_FUNCTION)
    for name in _PARTS & values.keys():
        _check_part(name, values[name])
    for ticks in (values.get("major"), values.get("minor")):  # of an axis
        for name, part in instance_variables(ticks).items():
            if name in ("formatter", "locator", "_formatter", "_locator"):
                _check_part(name, part)
                _check_zone(part)
    if _invalid(values) or _has_handlers(values.get("callbacks")):
        raise NoPicture(_FUNCTION)


def _methods(artist: Any) -> set[str]:
    return {
        name
        for cls in bases(type(artist))
        for name, value in class_variables(cls)
        if type(value) is FunctionType
    }


def _check_part(name: str, value: Any) -> None:
    if name == "_usetex" and value:
        raise NoPicture("LaTeX would write its texts; show it in a cell")
    parts = value if type(value) is list or type(value) is tuple else [value]
    for part in parts:
        if part is None or type(part) is bool or type(part) is str:
            continue
        if not _is_own(part) or known(part) in _CALLERS:
            raise NoPicture(_FUNCTION)
        for inner in ("norm", "_norm", "cmap", "_cmap"):
            found = instance_variables(part).get(inner)
            if found is not None and not _is_own(found):
                raise NoPicture(_FUNCTION)


def _check_zone(part: Any) -> None:
    """Refuse a formatter of dates that would ask a time zone or a function of the user's."""
    values = instance_variables(part)
    for name in ("tz", "_tz"):
        zone = values.get(name)
        if zone is not None and type(zone) is not timezone and not known(zone):
            raise NoPicture(_FUNCTION)
    scaled = values.get("scaled")
    if type(scaled) is dict and not all(type(each) is str for each in scaled.values()):
        raise NoPicture(_FUNCTION)


def _invalid(values: dict[str, Any]) -> bool:
    """Whether a line would still have to make numbers of what the user gave it."""
    waits = values.get("_invalidx") or values.get("_invalidy")
    return bool(waits) and not all(map(_is_numbers, (values.get("_xorig"), values.get("_yorig"))))


def _is_numbers(data: Any) -> bool:
    if is_array(data):
        return data.dtype.kind in "biuf"
    if type(data) is list or type(data) is tuple:
        return all(
            type(x) is int or type(x) is float or known(x).startswith("numpy:")
            for x in data[:10_000]
        )
    return False


def _has_handlers(registry: Any) -> bool:
    """Whether axes call somebody if their limits change, as drawing may do."""
    callbacks = instance_variables(registry).get("callbacks")
    if type(callbacks) is not dict:
        return False
    return any(
        type(signal) is str and signal.endswith("lim_changed") and not _are_own(handlers)
        for signal, handlers in callbacks.items()
    )


def _are_own(handlers: Any) -> bool:
    """Whether the handlers are methods of matplotlib's own, as those of colour bars are."""
    if type(handlers) is not dict:
        return False
    return all(
        type(each) is WeakMethod and _is_own_method(each()) for each in list(handlers.values())
    )


def _is_own_method(method: Any) -> bool:
    return method is None or (type(method) is MethodType and _is_own(method.__self__))


def _is_own(thing: Any) -> bool:
    """Whether a thing's class is of a plotting library."""
    return known(thing).partition(":")[0] in ("matplotlib", "mpl_toolkits", "pandas", "seaborn")


def _axes(figure: Any) -> list[Any]:
    stack = instance_variables(figure).get("_axstack")
    if not known(stack):
        return []
    axes = instance_variables(stack).get("_axes")
    return [each for each in axes if _is_own(each)] if type(axes) is dict else []


def _label(text: Any) -> str:
    found = instance_variables(text).get("_text") if known(text) == "matplotlib:Text" else ""
    return found if type(found) is str else ""


def _count(artists: list[Any]) -> str:
    counts: dict[str, int] = {}
    for each in artists:
        name = full_name(type(each)).rpartition(".")[2][:40]
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{number} {name}" for name, number in counts.items())
