"""`Dialogue`: runs Claude Code's own sign-in, ``claude auth login``, by pipes.

The tested CLI prints a line with a link. The user opens the page and gets a code, and the CLI asks
for this code. If the code is wrong, the CLI says why in a line and asks again. It ends with status
0 after the sign-in, or with 1 and a line with the reason. The CLI itself stores the sign-in.
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

#: The time limits, in seconds: until the CLI shows its link, and until the user has signed in.
_UNTIL_LINK, _UNTIL_END = 60.0, 1800.0
#: Seconds before the CLI's line about a code is shown: the last line before its end is the result.
_UNTIL_SAID = 0.3
_LONGEST_CODE = 2000
_SHORTEST_CODE = 8  # hiding a shorter code could hide words of the CLI
#: The CLI's input prompt. The CLI's next line follows it without a line end.
_PROMPT = re.compile(r"\A(?:Paste code[^>]{0,80}> ?)+")
_SAID = 300  # characters of a line of the CLI

IN_TERMINAL = "run `jupyter-claude login` in a terminal"


class Dialogue:
    """One run of the CLI's sign-in.

    Parameters
    ----------
    program : Path
        The CLI.
    environment : mapping of str to str
        Variables in addition to this process's own.
    console : bool
        Whether to sign in to the Anthropic Console, which bills by use, instead of a subscription.
    show_link : callable
        Called with the link that the user must open.
    say : callable
        Called with the CLI's line about a wrong code.
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
        # The user opens the link in a browser, perhaps on another machine. With this variable the
        # CLI opens no browser.
        variables["BROWSER"] = shutil.which("true") or "true"
        # In the CLI's own folder: the notebook's folder must not influence the sign-in.
        self._child = Child(command, variables, program.parent)
        self._show_link = show_link
        self._say = say
        self._codes: set[str] = set()
        self._link = ""
        self._saying: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Run the sign-in until the user is signed in.

        Raises
        ------
        ClaudeError
            If it fails.
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
        """Give the CLI the code of the sign-in page.

        Raises
        ------
        ClaudeError
            If the text cannot be a code. The message does not repeat it.
        """
        code = code.strip()
        if not code or len(code) > _LONGEST_CODE or not code.isascii() or not code.isprintable():
            raise ClaudeError("This is not a code; copy the whole code from the page")
        if len(code) < _SHORTEST_CODE:
            raise ClaudeError("This is only a part of the code; copy the whole code from the page")
        self._codes.add(code)
        await self._child.write(f"{code}\n")

    def _take_link(self, line: str) -> bool:
        found = LINK.search(line)
        if found is None:
            return False
        link = checked_link(found.group())
        if link is None:
            raise ClaudeError(
                f"Claude Code showed a link that is not Anthropic's sign-in page; {IN_TERMINAL}"
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
        """Return a line of the CLI to show: short, and without any code."""
        return one_line(redacted(line, self._codes))[:_SAID]
