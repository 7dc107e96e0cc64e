"""`Template`: a prompt with fields, which a row fills. A row's text is never read as a template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .rows import Fields, is_single

#: A doubled brace, a field, or a brace alone.
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NOT_PLAIN = re.compile(r"[.\[\]!:()]")
_SHOWN = 20  # names of fields in an error


class TemplateError(ValueError):
    """A prompt's template is wrong, or a row has not its fields. The message is one line."""


class Template:
    """A prompt with fields, such as ``"Classify: {text}"``.

    Only names of fields stand in the braces: no attribute, index, conversion, format or code.
    ``{{`` and ``}}`` are braces.

    Parameters
    ----------
    prompt : str or callable
        The template; or a function that makes a row's prompt of the row.

    Raises
    ------
    TemplateError
        If it is no such template.

    Attributes
    ----------
    names : tuple of str
        The names of its fields; () for a function.
    """

    def __init__(self, prompt: str | Callable[[Any], str]) -> None:
        self.source = prompt
        self._function = None if isinstance(prompt, str) else prompt
        self._parts: list[tuple[str, str | None]] = []  # a text, and the field after it
        if isinstance(prompt, str):
            self._parts = list(_parts(prompt))
        elif not callable(prompt):
            raise TypeError(
                f"prompt must be a text such as 'Classify: {{text}}', or a function that makes one "
                f"of a row, not {type(prompt).__name__}"
            )
        names = (name for _, name in self._parts if name is not None)
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names))

    def check(self, known: Iterable[Any] | None) -> None:
        """Check the template's fields against the names that all rows have.

        Parameters
        ----------
        known : iterable, optional
            The names of the rows' fields; None if a row is a single value.

        Raises
        ------
        TemplateError
            If it names a field that no row has, or none at all.
        """
        if self._function is not None:
            return
        if not self.names:
            raise TemplateError(
                "The prompt has no field such as {text}: each row would ask the same"
            )
        if known is None:
            if len(self.names) > 1:
                raise TemplateError(
                    f"A row is a single value, and fits one field; the prompt has {len(self.names)}"
                    f": {_list(self.names)}"
                )
            return
        known = list(known)
        for name in self.names:
            if (several := known.count(name)) > 1:
                raise TemplateError(
                    f"The rows have {several} fields {_list([name])}; rename all but one"
                )
        names = [str(name) for name in known]
        unknown = [name for name in self.names if name not in set(names)]
        if unknown:
            raise TemplateError(
                f"The rows have no field {_list(unknown)}; they have {_list(names) or 'none'}"
            )

    def render(self, row: Any, fields: Fields) -> str:
        """Return a row's prompt.

        Parameters
        ----------
        row : object
            The row as the user gave it, for a function.
        fields : mapping or object
            Its fields by name; or the row itself, if it is a single value.

        Raises
        ------
        TemplateError
            If the row has not the fields, or the function fails or returns no text.
        """
        if self._function is not None:
            try:
                text = self._function(row)
            except Exception as error:
                line = " ".join(str(error).split())
                raise TemplateError(
                    f"The function for the prompt failed: {type(error).__name__}: {line}"
                ) from error
            if not isinstance(text, str):
                raise TemplateError(
                    f"The function for the prompt returned {type(text).__name__}, not a text"
                )
        else:
            text = self._filled(fields)
        if not text.strip():
            raise TemplateError("The row's prompt is empty")
        return text

    def _filled(self, fields: Fields) -> str:
        if is_single(fields):
            self.check(None)
            return "".join(
                text if name is None else text + _text(fields, name) for text, name in self._parts
            )
        values: Mapping[Any, Any] = fields
        if any(name not in values for name in self.names):
            values = {str(name): value for name, value in fields.items()}
            self.check(values)
        return "".join(
            text if name is None else text + _text(values[name], name) for text, name in self._parts
        )


def _parts(template: str) -> Iterable[tuple[str, str | None]]:
    text, end = "", 0
    for found in _PART.finditer(template):
        text += template[end : found.start()]
        end = found.end()
        whole, name = found.group(), found.group(1)
        if whole in ("{{", "}}"):
            text += whole[0]
        elif name is None:
            raise TemplateError(
                f"The prompt has a single {whole!r} at character {found.start() + 1}; write "
                f"{whole * 2} for a brace"
            )
        elif not name.strip() or _NOT_PLAIN.search(name):
            raise TemplateError(
                f"{whole} is no field: only the name of a field can stand in the braces, such as "
                "{text}; write {{ and }} for braces"
            )
        else:
            yield text, name.strip()
            text = ""
    yield text + template[end:], None


def _text(value: Any, field: str) -> str:
    """Return a value as text; a missing one as no text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        missing = bool(value != value)  # NaN and NaT are the values that differ from themselves
    except Exception:  # an array has no single answer; pandas' NA has none at all
        missing = type(value).__name__ == "NAType"
    try:
        return "" if missing else str(value)
    except Exception as error:
        line = " ".join(str(error).split())
        raise TemplateError(
            f"The field {_list([field])} has no text: {type(error).__name__}: {line}"
        ) from error


def _list(names: Iterable[str]) -> str:
    names = list(names)
    shown = ", ".join("{" + " ".join(name.split())[:80] + "}" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
