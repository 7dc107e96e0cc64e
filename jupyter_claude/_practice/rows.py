"""What the practice model answers to the rows of a batch.

It makes a value for any form, of the words of the row. So a batch can be tried without an account.
In ``notebooks/batch.ipynb`` some answers are wrong on purpose. They are right if the row is asked
again.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk.testing import Reply

from .asked import Asked

#: The tool by which the CLI takes a value.
_GIVE = "StructuredOutput"
_GOOD = re.compile(
    r"(?i)\b(best|delicious|excellent|fresh|friendly|glad|good|great|happy|love|loved|lovely|nice|"
    r"perfect|quick|thanks?|wonderful|worth|11 out of 10)\b"
)
_BAD = re.compile(
    r"(?i)\b(awful|bad|bland|cold|dear|disappoint\w+|expensive|icy|long|melted|never|rude|sad|slow|"
    r"terrible|too|unhappy|waited|wrong)\b"
)
#: Words that stand for one of several choices.
_ABOUT = {
    "taste": r"bland|creamy|delicious|flavou?r|fresh|icy|melted|sour|sweet|taste",
    "price": r"afford|cents?|cheap|cost|dear|euros?|expensive|pay|paid|price|worth",
    "queue": r"line|minutes|queue|quick|slow|waited|waiting",
    "staff": r"friendly|rude|service|smile|smiled|staff|thanks",
    "delivery": r"arrived|delivery|late|parcel|shipped",
    "quality": r"broke|broken|quality|stopped working|sturdy",
}
_TOP = 11  # of "11 out of 10": more than a form allows


class RowAnswers:
    """Answers rows. It remembers which it was asked before."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, asked: Asked) -> Reply | None:
        """Return the reply to a request of a batch; None if it is none."""
        tools = asked.tools
        if not tools and asked.noted("(?i)title") is None:  # Claude Code asks for titles like this
            return [{"text": _summary(asked.first_prompt)}]
        form = tools.get(_GIVE)
        if form is None:
            return None
        if asked.has_new_results and not asked.failed:
            return [{"text": "Done."}]
        text = asked.first_prompt
        if text.rstrip().endswith(":"):
            return [{"text": "There is nothing here that I could read."}]
        with self._lock:
            if asked.begins:
                self._asked[text] += 1
            before = self._asked[text]
        stubborn = before <= 1 and "11 out of 10" in text
        value = _Maker(text, form, stubborn=stubborn).make(form)
        return [{"tool": _GIVE, "input": value if isinstance(value, dict) else {}}]


def _summary(text: str) -> str:
    words = text.split()
    return f"Practice model: “{' '.join(words[:12])}{' …' if len(words) > 12 else ''}”"


class _Maker:
    """Makes a value of a row's words, for a JSON Schema."""

    def __init__(self, text: str, root: Mapping[str, Any], *, stubborn: bool) -> None:
        self._text = text
        self._root = root
        self._stubborn = stubborn
        good, bad = len(_GOOD.findall(text)), len(_BAD.findall(text))
        self._mood = 0.5 if good == bad else max(0.0, min(1.0, 0.5 + 0.25 * (good - bad)))

    def make(self, form: Any, name: str = "") -> Any:
        """Return a value for a form, which is that of a field with this name."""
        if not isinstance(form, Mapping):
            return None
        if "$ref" in form:
            return self.make(self._definition(str(form["$ref"])), name)
        if "const" in form:
            return form["const"]
        if form.get("enum"):
            return self._choice(list(form["enum"]))
        for several in ("anyOf", "oneOf", "allOf"):
            if form.get(several):
                return self.make(self._first(form[several]), name)
        kind = form.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object" or "properties" in form:
            fields = form.get("properties") or {}
            return {field: self.make(inner, field) for field, inner in fields.items()}
        if kind == "array":
            return [self.make(form.get("items"), name)] * max(1, int(form.get("minItems", 1)))
        if kind in ("integer", "number"):
            return self._number(form, kind)
        if kind == "boolean":
            return self._mood >= 0.5
        return None if kind == "null" else self._words(form)

    def _definition(self, place: str) -> Any:
        found: Any = self._root
        for part in place.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    @staticmethod
    def _first(forms: Any) -> Any:
        real = [
            one for one in forms if not (isinstance(one, Mapping) and one.get("type") == "null")
        ]
        return real[0] if real else None

    def _choice(self, choices: list[Any]) -> Any:
        moods = {choice: _mood_of(choice) for choice in map(str, choices)}
        if None not in moods.values():
            return min(choices, key=lambda choice: abs((moods[str(choice)] or 0.0) - self._mood))
        for choice in choices:
            pattern = _ABOUT.get(str(choice).lower(), re.escape(str(choice)))
            if re.search(rf"(?i)\b({pattern})\b", self._text):
                return choice
        return choices[zlib.crc32(self._text.encode()) % len(choices)]

    def _number(self, form: Mapping[str, Any], kind: str) -> float:
        low: float = form.get("minimum", form.get("exclusiveMinimum", 0))
        high: float = form.get("maximum", form.get("exclusiveMaximum", max(10, low)))
        if self._stubborn and high < _TOP:
            return _TOP
        number = low + (high - low) * self._mood
        return round(number) if kind == "integer" else round(number, 2)

    def _words(self, form: Mapping[str, Any]) -> str:
        given = {"date": "2026-07-01", "date-time": "2026-07-01T12:00:00Z"}
        return given.get(str(form.get("format")), " ".join(self._text.split()[-8:]))


def _mood_of(choice: Any) -> float | None:
    """Return which mood a choice is for; None if it is for none."""
    words = {
        1.0: ("happy", "positive", "good", "great", "pos"),
        0.5: ("neutral", "mixed", "ok", "okay", "unclear"),
        0.0: ("unhappy", "negative", "bad", "angry", "neg"),
    }
    said = str(choice).lower()
    return next((mood for mood, names in words.items() if said in names), None)
