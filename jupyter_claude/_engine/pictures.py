"""Makes pictures of files, bytes, figures and images of other libraries, as a model takes them."""

from __future__ import annotations

import importlib.util
import io
import sys
from typing import Any

from .._looking import figures
from .._looking.arrays import is_array
from .._looking.classes import known
from .._looking.look import Picture
from .._turns.items import LARGEST_IMAGE, ToolImage
from .pieces import media_type

#: Bytes of a picture: the API takes 5 MB of base64.
LARGEST = 3_700_000
_SIDE = 1_568  # pixels: the API makes larger pictures smaller
_FIGURE_SIDE = 1_200
_QUALITIES = (88, 75, 60)  # of JPEG
_LEAST_SIDE = 16


def is_picture(data: bytes) -> bool:
    """Whether these bytes are a picture that a model can read."""
    return media_type(data).startswith("image/")


def fitted(data: bytes) -> Picture | None:
    """Return a picture of its bytes, smaller if needed; None if it is too large.

    To make it smaller needs Pillow.
    """
    if len(data) * 4 / 3 > LARGEST_IMAGE and importlib.util.find_spec("PIL") is not None:
        smaller = _encoded(_open(data))
        data = smaller if len(smaller) < len(data) else data
    return Picture(data, media_type(data)) if len(data) <= LARGEST else None


def picture_of(thing: Any) -> bytes | None:
    """Return the bytes of the picture that a thing is; None if it is none.

    This runs the code of the thing's library. So it is only for things that the user gives.
    """
    if type(thing) in (bytes, bytearray) and is_picture(thing):
        return bytes(thing)
    if isinstance(thing, ToolImage):
        import base64

        return base64.b64decode(thing.data)
    if (figure := _figure(thing)) is not None:
        return _drawn(figure)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(thing, pillow.Image):
        return _encoded(thing)
    if is_array(thing) and _looks_like_picture(thing) and importlib.util.find_spec("PIL"):
        from PIL import Image

        return _encoded(Image.fromarray(thing))
    shown = sys.modules.get("IPython.core.display")
    if shown is not None and isinstance(thing, getattr(shown, "Image", ())):
        data = getattr(thing, "data", None)
        return data if type(data) is bytes and is_picture(data) else None
    return None


def _figure(thing: Any) -> Any:
    """Return matplotlib's figure: the thing, or that of its axes or of a grid of seaborn's."""
    if figures.handles(known(thing)):
        return thing
    if known(thing).partition(":")[0] not in ("matplotlib", "seaborn"):
        return None
    figure = getattr(thing, "figure", None)
    return figure if figures.handles(known(figure)) else None


def _drawn(figure: Any) -> bytes:
    try:
        return figures.picture(figure).data
    except figures.NoPicture:  # it has the user's own functions, and the user gives it
        file = io.BytesIO()
        longest = max(*figure.get_size_inches(), 1e-3)
        figure.savefig(file, format="png", dpi=min(float(figure.dpi), _FIGURE_SIDE / longest))
        return file.getvalue()


def _looks_like_picture(array: Any) -> bool:
    shape = array.shape
    return (
        str(array.dtype) == "uint8"
        and len(shape) == 3
        and shape[2] in (3, 4)
        and min(shape[:2]) >= _LEAST_SIDE
    )


def _open(data: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(data))


def converted(data: bytes) -> bytes | None:
    """Return a picture in a format that a model reads, of BMP, TIFF and the like; else None."""
    if importlib.util.find_spec("PIL") is None:
        return None
    try:
        return _encoded(_open(data))
    except Exception:  # Pillow has many errors for files that it cannot read
        return None


def _encoded(image: Any) -> bytes:
    """Return an image of Pillow's as PNG, or as JPEG if views could not show the PNG."""
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE))
    if small.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        small = small.convert("RGB")
    file = io.BytesIO()
    small.save(file, "PNG")
    for quality in _QUALITIES:
        if file.tell() * 4 / 3 <= LARGEST_IMAGE:
            break
        file = io.BytesIO()
        small.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()
