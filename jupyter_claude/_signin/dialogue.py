"""Claude Code's own sign-in, ``claude auth login``, by its pipes.

As the tested CLI does it: it prints a line with a link, asks for the code of the page that the link
leads to, says in a line what is wrong with a code and asks again, and ends with status 0 once it is
signed in, with 1 and a line that says why if that failed. It keeps the sign-in itself.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
from jupyter_claude_sdk.lowlevel import redacted

from .._text import one_line
from .._turns.errors import ClaudeError
from .child import Child
from .command import sign_in_command
from .link import LINK, checked_link

#: Seconds until the CLI has shown its link, and until the user has signed in.
_UNTIL_LINK, _UNTIL_END = 60.0, 1800.0
#: Seconds after which what the CLI says of a code is shown: its last words are the result's.
_UNTIL_SAID = 0.3
_LONGEST_CODE = 2000
_SHORTEST_CODE = 8  # to hide a shorter one would blacken words of the CLI's
#: What the CLI writes before what is typed; its next line stands behind it.
_PROMPT = re.compile(r"\A(?:Paste code[^>]{0,80}> ?)+")
_SAID = 300  # characters of what it says

IN_TERMINAL = "run `jupyter-claude login` in a terminal"


class Dialogue:
    """One run of the CLI's sign-in.

    Parameters
    ----------
    program : Path
        The CLI.
    environment : mapping of str to str
        What it gets over our own environment.
    console : bool
        Whether to sign in to the Anthropic Console, which bills by use, and not to a subscription.
    show_link : callable
        Called with the link, which the user has to open.
    say : callable
        Called with what the CLI says of a code that it does not take.
    """

    def __init__(
        self,
        program: Path,
        environment: Mapping[str, str],
        *,
        console: bool,
        show_link: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        command, variables = sign_in_command(program, environment, console=console)
        # The user opens the link, in their own browser: the kernel may be far away. With this the
        # CLI's own attempt does nothing.
        variables["BROWSER"] = shutil.which("true") or "true"
        # In the CLI's own folder: that of the notebook has no say in it.
        self._child = Child(command, variables, program.parent)
        self._show_link = show_link
        self._say = say
        self._codes: set[str] = set()
        self._link = ""
        self._saying: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Go through it, until the user is signed in.

        Raises
        ------
        ClaudeError
            If it fails, in one line.
        """
        last = ""
        try:
            with anyio.fail_after(_UNTIL_LINK) as limit:
                async with self._child as child:
                    async for text in child.lines():
                        line = _PROMPT.sub("", text).strip()
                        if not self._link and self._take_link(line):
                            limit.deadline = anyio.current_time() + _UNTIL_END
                        elif line:
                            last = self._shown(line)
                            self._say_soon(last)
                    status = await child.status()
        except TimeoutError:
            what = "The sign-in took too long" if self._link else "Claude Code showed no link"
            raise ClaudeError(f"{what}; try again, or {IN_TERMINAL}") from None
        except OSError as error:
            raise ClaudeError(f"Claude Code does not start ({error.strerror})") from None
        finally:
            self._hush()
        if status:
            said = last or f"it ended with status {status}"
            raise ClaudeError(f"The sign-in failed: {said}")

    async def give(self, code: str) -> None:
        """Give the CLI the code of its page.

        Raises
        ------
        ClaudeError
            If it cannot be one; the message does not repeat it.
        """
        code = code.strip()
        if not code or len(code) > _LONGEST_CODE or not code.isascii() or not code.isprintable():
            raise ClaudeError("That is no code; copy all of it from the page")
        if len(code) < _SHORTEST_CODE:
            raise ClaudeError("That is only a part of the code; copy all of it from the page")
        self._codes.add(code)
        await self._child.write(f"{code}\n")

    def _take_link(self, line: str) -> bool:
        found = LINK.search(line)
        if found is None:
            return False
        link = checked_link(found.group())
        if link is None:
            raise ClaudeError(
                f"Claude Code showed a link that is no sign-in page of Anthropic's; {IN_TERMINAL}"
            )
        self._link = link
        self._show_link(link)
        return True

    def _say_soon(self, line: str) -> None:
        self._hush()
        if self._codes:
            loop = asyncio.get_running_loop()
            self._saying = loop.call_later(_UNTIL_SAID, self._say, line)

    def _hush(self) -> None:
        if self._saying is not None:
            self._saying.cancel()
            self._saying = None

    def _shown(self, line: str) -> str:
        """Return a line of the CLI's as it may be shown: short, and without any code."""
        return one_line(redacted(line, self._codes))[:_SAID]
