"""Hidden characters in what the model wrote."""

from __future__ import annotations

import pytest

from jupyter_claude._text import exact, exact_line, visible
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


def test_a_name_stays_on_its_line() -> None:
    """Else a tool's name could write a line of its own under the question."""
    assert exact_line("Bash\n\tRead\u00a0x") == "Bash⟨U+000A⟩⟨U+0009⟩Read⟨U+00A0⟩x"


def test_an_error_line_is_safe_to_print() -> None:
    """Else the API's words could clear the screen or turn the line around."""
    shown = "ClaudeError: bad ⟨U+202E⟩ news"
    assert error_line(ClaudeError("bad\n\x1b[2J \u202e news")) == shown
    assert error_line(ValueError("\x1b")) == "ValueError: ⟨U+001B⟩"
