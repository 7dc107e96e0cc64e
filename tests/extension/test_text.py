"""Hidden characters in what the model wrote."""

from __future__ import annotations

import pytest

from jupyter_claude._text import exact, exact_line, plain_line, visible
from jupyter_claude._turns.errors import ClaudeError, error_line

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm -rf /tmp/x\u202etxt.", "rm -rf /tmp/x⟨U+202E⟩txt."),
        ("ls\u200b", "ls⟨U+200B⟩"),
        ("a\u00a0b", "a⟨U+00A0⟩b"),
        ("\u3164=1", "⟨U+3164⟩=1"),
        ("x\u200dy", "x⟨U+200D⟩y"),
        ("\x1b[2K", "⟨U+001B⟩[2K"),
        ("echo 👨\u200d👩 ❤\ufe0f\u200d🔥", "echo 👨\u200d👩 ❤\ufe0f\u200d🔥"),
        ("two\n\tlines", "two\n\tlines"),
        ("`\u200d^\ufe0f", "`⟨U+200D⟩^⟨U+FE0F⟩"),
    ],
)
def test_a_command_hides_nothing(text: str, shown: str) -> None:
    """Else a user approves a command other than the one that they read."""
    assert exact(text) == shown


def test_prose_keeps_its_letters_but_turns_nothing_around() -> None:
    """Else Persian or emoji in an answer are broken, or an answer rearranges the page."""
    assert visible("می\u200cخواهم ❤\ufe0f") == "می\u200cخواهم ❤\ufe0f"
    assert visible("a\u202eb\u2066c") == "a⟨U+202E⟩b⟨U+2066⟩c"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("**Fix** the `total` in *prices.py*", "Fix the total in prices.py"),
        ("## Plan\n- **load** data\n- plot `it`", "Plan load data plot it"),
        ("> ~~old~~ see [the page](https://a.example/x)!", "old see the page!"),
        ("Why?\n```python\nx = a**b\n```", "Why? x = a**b"),
        ("Why? ```python x = 1", "Why? x = 1"),
        ("use `**kwargs` (**not** `*args`)", "use **kwargs (not *args)"),
        ("***both*** and **`code` in bold**", "both and code in bold"),
        # These are no marks.
        ("2 * 3 * 4, a**b**c and __init__", "2 * 3 * 4, a**b**c and __init__"),
        ("f(*args, **kwargs) with **more", "f(*args, **kwargs) with **more"),
        ("mv *.py, src/*.txt and my_long_name", "mv *.py, src/*.txt and my_long_name"),
        ("items[0](x) # total >= 3\u202e", "items[0](x) # total >= 3⟨U+202E⟩"),
        ("", ""),
        # A conversation needs a name.
        ("```python", "```python"),
    ],
)
def test_a_title_has_plain_words(title: str, shown: str) -> None:
    """Else a conversation is called "**Fix** the `total`", or "a**b" loses its stars."""
    assert plain_line(title) == shown


def test_a_long_title_is_shortened_after_its_marks_are_gone() -> None:
    """Else the end of a title has half of a pair of marks."""
    assert plain_line("a `long title` of **several words**", 20) == "a long title of sev…"


def test_a_name_stays_on_its_line() -> None:
    """Else a tool's name could write a line of its own under the question."""
    assert exact_line("Bash\n\tRead\u00a0x") == "Bash⟨U+000A⟩⟨U+0009⟩Read⟨U+00A0⟩x"


def test_an_error_line_is_safe_to_print() -> None:
    """Else the API's words could clear the screen or turn the line around."""
    shown = "ClaudeError: bad ⟨U+202E⟩ news"
    assert error_line(ClaudeError("bad\n\x1b[2J \u202e news")) == shown
    assert error_line(ValueError("\x1b")) == "ValueError: ⟨U+001B⟩"
