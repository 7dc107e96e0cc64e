"""`Attachables`: makes pieces of what the user gives with a prompt: files, data, figures, images.

All of it is checked before a turn begins, so that nothing is sent if one thing cannot be attached.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.host import Host
from .._kernel_tools.kernel_tools import KernelTools
from .._kernel_tools.looking import withheld_line
from .._looking.look import WITHHELD, Look
from .._names import to_show
from .._paths import current_folder
from .._text import exact_line
from .._turns.errors import ClaudeError
from . import pictures
from .pieces import Piece, media_type, size

MOST = 20
#: Bytes of a text and of a PDF.
LARGEST_TEXT, LARGEST_PDF = 100_000, 20_000_000
_ROWS = 20
_CONVERTED = (".bmp", ".tif", ".tiff", ".ico", ".avif", ".heic", ".ppm")


class Attachables:
    """Makes pieces of what the user gives.

    Parameters
    ----------
    host : Host
        Its front end has the user's variables.
    kernel_tools : KernelTools
        Looks at data, and withholds what is hidden.
    """

    def __init__(self, host: Host, kernel_tools: KernelTools) -> None:
        self._host = host
        self._kernel_tools = kernel_tools

    def pieces(self, things: Any) -> list[Piece]:
        """Return the pieces of a list of things, or of one thing.

        Raises
        ------
        ClaudeError
            If one of them cannot be attached. The message says which one, and why.
        """
        given = things if isinstance(things, (list, tuple)) else [things]
        _check_number(given)
        return [self._piece(thing) for thing in given]

    def named(self, names: Sequence[str]) -> list[Piece]:
        """Return the pieces of variables and files, by their names.

        Raises
        ------
        ClaudeError
            As `pieces`.
        """
        _check_number(names)
        variables = self._variables()
        return [
            self._data(name, variables[name]) if name in variables else file_piece(name)
            for name in names
        ]

    def _piece(self, thing: Any) -> Piece:
        if isinstance(thing, (str, os.PathLike)):
            return file_piece(thing)
        return self._data(self._name_of(thing), thing)

    def _data(self, name: str, thing: Any) -> Piece:
        """Return the piece of a variable; a variable may have a file's path."""
        if isinstance(thing, os.PathLike) or (isinstance(thing, str) and _is_file(thing)):
            return file_piece(thing)
        if type(thing) in (bytes, bytearray) and not media_type(thing):
            raise ClaudeError(
                f"Nothing was sent: {len(thing):,} bytes cannot be attached, because they are "
                "neither a picture (PNG, JPEG, GIF, WebP) nor a PDF"
            )
        look = self._kernel_tools.look_at(name, thing, _ROWS)
        note = withheld_line(look.withheld)
        if look.title.endswith(WITHHELD):
            return Piece(name, look, note=note)
        if type(thing) in (bytes, bytearray) and media_type(thing) == "application/pdf":
            return pdf_piece(name, bytes(thing))
        try:
            data = pictures.picture_of(thing)
        except Exception as error:
            raise ClaudeError(
                f"Nothing was sent: {name} cannot be drawn ({type(error).__name__}: {error})"
            ) from None
        if data is None:
            return Piece(name, look, note=note)
        texts = [part for part in look.parts if isinstance(part, str)]
        # Pillow's images and bytes have nothing to say in words.
        kept = texts if "matplotlib" in look.title else []
        return picture_piece(name, data, title=look.title if kept else "", texts=kept, note=note)

    def _variables(self) -> Mapping[str, Any]:
        shell = self._host.frontend.shell
        return vars(sys.modules["__main__"]) if shell is None else shell.user_ns

    def _name_of(self, thing: Any) -> str:
        """Return the name of the variable that has the thing, or else of its class."""
        for name, value in list(self._variables().items()):
            if value is thing and isinstance(name, str) and not name.startswith("_"):
                return name
        return type(thing).__name__


def _is_file(text: str) -> bool:
    try:
        return (current_folder() / Path(text).expanduser()).is_file()
    except (OSError, ValueError, RuntimeError):  # a long text is no path
        return False


def file_piece(given: str | os.PathLike[str]) -> Piece:
    """Return the piece of a file: a picture, a PDF or a text.

    Raises
    ------
    ClaudeError
        If it is none of these, or too large.
    """
    given = os.fspath(given)
    name = exact_line(to_show(Path(given).name or given))[:200]
    try:
        path = current_folder() / Path(given).expanduser()
        if path.is_dir():
            raise ClaudeError(
                f"Nothing was sent: {name} is a folder. Attach files, or name the folder in the "
                "prompt"
            )
        length = path.stat().st_size
        data = path.read_bytes() if length <= LARGEST_PDF else b""
    except (OSError, ValueError, RuntimeError) as error:
        # A text is a file's name here.
        shown = exact_line(to_show(given))[:80]
        why = getattr(error, "strerror", None) or str(error)
        raise ClaudeError(f"Nothing was sent: cannot read the file {shown!r} ({why})") from None
    if length > LARGEST_PDF:
        raise _too_large(name, length, LARGEST_PDF)
    if path.suffix.lower() in _CONVERTED and not pictures.is_picture(data):
        data = pictures.converted(data) or data
    return data_piece(name, data)


def data_piece(name: str, data: bytes) -> Piece:
    """Return the piece of a file's bytes.

    Raises
    ------
    ClaudeError
        As `file_piece`.
    """
    kind = media_type(data)
    if kind == "application/pdf":
        return pdf_piece(name, data)
    if kind:
        return picture_piece(name, data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ClaudeError(
            f"Nothing was sent: {name} cannot be attached, because it is neither text, a picture "
            "(PNG, JPEG, GIF, WebP) nor a PDF. Put it into the folder and name it with @"
        )
    return text_piece(name, text)


def text_piece(name: str, text: str) -> Piece:
    """Return the piece of a text.

    Raises
    ------
    ClaudeError
        If it is too long.
    """
    length = len(text.encode(errors="replace"))
    if length > LARGEST_TEXT:
        raise _too_large(name, length, LARGEST_TEXT)
    return Piece(name, Look(f"{name}: text, {size(length)}", (text,)))


def picture_piece(
    name: str, data: bytes, *, title: str = "", texts: Iterable[str] = (), note: str = ""
) -> Piece:
    """Return the piece of a picture, which may have a text.

    Raises
    ------
    ClaudeError
        If it is too large.
    """
    picture = pictures.fitted(data)
    if picture is None:
        raise ClaudeError(
            f"Nothing was sent: the picture {name} has {size(len(data))}, and "
            f"{size(pictures.LARGEST)} are the most. Make it smaller, or install Pillow"
        )
    title = title or f"{name}: picture, {size(len(picture.data))}"
    return Piece(name, Look(title, (*texts, picture)), note=note)


def pdf_piece(name: str, data: bytes) -> Piece:
    """Return the piece of a PDF.

    Raises
    ------
    ClaudeError
        If it is too large.
    """
    if len(data) > LARGEST_PDF:
        raise _too_large(name, len(data), LARGEST_PDF)
    return Piece(name, Look(f"{name}: PDF, {size(len(data))}", ()), pdf=data)


def _too_large(name: str, length: int, most: int) -> ClaudeError:
    return ClaudeError(
        f"Nothing was sent: {name} has {size(length)}, and {size(most)} are the most that can be "
        "attached. Put it into the folder and name it with @, so that Claude reads what it needs"
    )


def _check_number(things: Sequence[Any]) -> None:
    if len(things) > MOST:
        raise ClaudeError(
            f"Nothing was sent: {len(things)} things are attached, and {MOST} are the most"
        )
