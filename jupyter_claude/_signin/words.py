"""What is said where there is no sign-in or no CLI: a short sentence, and what to do."""

from __future__ import annotations

NO_CLI = "Claude Code is not installed"
#: What to do about it, where there are no buttons.
INSTALL = "run `%claude install`, or `jupyter-claude install-cli` in a terminal"

ASK_AGAIN = "Now ask again."
SIGNED_IN = f"You are signed in. {ASK_AGAIN}"
KEY_SET = f"The API key is set for this kernel. {ASK_AGAIN}"
PRACTISING = f"The practice model answers from now on. {ASK_AGAIN}"
STILL_PRACTISING = (
    "Your sign-in is ready, but the practice model keeps answering because JUPYTER_CLAUDE_PRACTICE "
    "is set. Unset it and restart the kernel."
)
INSTALLED = f"Claude Code is installed. {ASK_AGAIN}"

#: Where somebody types, and sees no buttons.
IN_TEXT = "Type `%claude login key` to give an API key, or run `jupyter-claude login` in a terminal"
#: In place of the buttons.
WITHOUT_BUTTONS = (
    "run `%claude login` in a notebook, `%claude login key` to give an API key, or "
    "`jupyter-claude login` in a terminal"
)
