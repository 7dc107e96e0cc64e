"""Whether a call deletes or overwrites something that no version control can bring back.

This module reads shell commands. It finds nothing in a script, in ``python -c`` or in another
program, because it cannot read them. If it cannot follow a path, it takes the file as not kept.

An Edit is not dangerous: its request shows each line that goes, and a rewind restores the file. A
Write over a file is dangerous, unless git has the file as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._names import to_system
from .versioned import all_kept

DELETES = "Deletes files"
OVERWRITES = "Overwrites a file that is not under version control"
DISCARDS = "Discards changes that are not committed"
PUSHES = "Overwrites commits on the server"
DROPS = "Deletes commits"

_SECONDS = 1.5  # for git; after that, nothing counts as kept
_LONGEST = 100_000  # characters of a command that is read
_DEEPEST = 3  # commands in commands, as with `sh -c`

_ENDS = frozenset((";", ";;", "&", "&&", "|", "||", "|&", "(", ")", "{", "}", "\n"))
_WORDS = frozenset(("then", "do", "else", "elif", "if", "while", "until", "!", "{", "time"))
#: Programs that run the command behind their own options, and those of them that take a value.
_WRAPPERS: dict[str, str] = {
    "sudo": "ughpCrt",
    "doas": "uC",
    "env": "uCS",
    "nohup": "",
    "nice": "n",
    "ionice": "cn",
    "timeout": "sk",
    "stdbuf": "ioe",
    "setsid": "",
    "command": "",
    "builtin": "",
    "exec": "a",
    "xargs": "IELnPsda",
    "busybox": "",
}
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh"))
#: Not rmdir: it deletes only empty folders.
_DELETE = frozenset(("rm", "unlink", "shred", "srm"))
_NOT_PLAIN = re.compile(r"[$`]")
#: Where a command cannot be read, these words in it are enough.
_SUSPECT = re.compile(r"(?:^|[\s;&|(`])(?:rm|unlink|shred)\s")


@dataclass
class _Found:
    """What a command would do."""

    sure: list[str] = field(default_factory=list)
    #: Paths that it deletes or overwrites, unless git keeps them.
    deleted: list[Path] = field(default_factory=list)
    overwritten: list[Path] = field(default_factory=list)


async def danger_of(
    tool: str, given: Mapping[str, Any], folder: Path, runs_in: Path | None = None
) -> str:
    """Return in words what a call would destroy; "" if nothing is known.

    Parameters
    ----------
    tool : str
        The tool.
    given : mapping
        The call's input.
    folder : Path
        The session's folder.
    runs_in : Path, optional
        The folder in which a command runs, if it is another one.
    """
    found = _Found()
    if tool == "Bash" and isinstance(given.get("command"), str):
        _read(given["command"], runs_in or folder, found)
    elif tool == "Write" and isinstance(given.get("file_path"), str):
        with contextlib.suppress(OSError, ValueError):
            _overwrite(folder / to_system(given["file_path"]), found)
    words = list(found.sure)
    if found.deleted and DELETES not in words and not await _kept(found.deleted):
        words.insert(0, DELETES)
    if found.overwritten and not await _kept(found.overwritten):
        words.append(OVERWRITES)
    return "; ".join(dict.fromkeys(words))


async def _kept(paths: list[Path]) -> bool:
    try:
        return await asyncio.wait_for(asyncio.to_thread(all_kept, paths), _SECONDS)
    except asyncio.TimeoutError:
        return False


# --- commands -------------------------------------------------------------------------------------


def _read(command: str, folder: Path | None, found: _Found, depth: int = 0) -> None:
    if depth > _DEEPEST or len(command) > _LONGEST:
        return
    try:
        words = _split(command)
    except ValueError:  # such as a quote without its end
        if _SUSPECT.search(command):
            found.sure.append(DELETES)
        return
    simple: list[str] = []
    for word in [*words, ";"]:
        if word in _ENDS:
            folder = _run(simple, folder, found, depth)
            simple = []
        else:
            simple.append(word)


def _split(command: str) -> list[str]:
    # The text of a here-document may look like a command, and is none.
    command = re.sub(r"<<-?\s*(['\"]?)(\w+)\1(.*)\n(?s:.*?)\n\s*\2(?=\n|$)", r"\3", command)
    command = command.replace("\\\n", " ")
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""  # the lexer would also begin a comment inside a word
    words: list[str] = []
    for word in lexer:
        if word.strip("();<>|&\n"):
            words.append(word)
            continue
        # The lexer joins marks that stand side by side, such as ")" and ";".
        words += re.findall(r"&>>|&>|>\||>>|<<<|<<|>&|<&|<>|\|\||&&|\|&|;;|.|\n", word)
    return words


def _run(words: list[str], folder: Path | None, found: _Found, depth: int) -> Path | None:
    """Note what one command does; return the folder after it, None if that is not known."""
    words = _redirected(words, folder, found)
    while words and (words[0] in _WORDS or re.fullmatch(r"\w+=.*", words[0], re.DOTALL)):
        words = words[1:]
    words, more = _unwrapped(words)
    if not words:
        return folder
    name, rest = os.path.basename(words[0]), words[1:]
    if name == "cd":
        return _changed(rest, folder)
    plain = [word for word in rest if not word.startswith("-") or word == "-"]
    if name in _SHELLS:
        if "-c" in rest and rest.index("-c") + 1 < len(rest):
            _read(rest[rest.index("-c") + 1], folder, found, depth + 1)
    elif name == "eval":
        _read(" ".join(rest), folder, found, depth + 1)
    elif name in _DELETE:
        _delete(plain, folder, found, unsure=more)
    elif name == "find":
        _find(rest, found)
    elif name == "git":
        _git(rest, folder, found)
    elif name in ("mv", "cp", "install", "ln"):
        _put(name, rest, plain, folder, found)
    elif name == "truncate" or (name == "tee" and not {"-a", "--append"} & set(rest)):
        _write_over(plain, folder, found)
    elif name == "dd":
        _write_over([word[3:] for word in rest if word.startswith("of=")], folder, found)
    elif name in ("sed", "perl") and _in_place(rest):
        _write_over(plain if {"-e", "-f"} & set(rest) else plain[1:], folder, found)
    elif name.startswith("mkfs") or name == "wipefs":
        found.sure.append(DELETES)
    return folder


def _redirected(words: Sequence[str], folder: Path | None, found: _Found) -> list[str]:
    """Note the files that redirections overwrite; return the rest of the command."""
    rest: list[str] = []
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word in (">", ">|", "&>", ">>", "&>>", "<", "<>", "<<<", "<<", ">&", "<&"):
            skip = True
            if rest and rest[-1].isdigit():
                rest.pop()  # the number of a stream
            target = words[index + 1] if index + 1 < len(words) else ""
            if word in (">", ">|", "&>", ">&") and not re.fullmatch(r"\d+|-", target):
                _write_over([target], folder, found)
        else:
            rest.append(word)
    return rest


def _unwrapped(words: list[str]) -> tuple[list[str], bool]:
    """Return the command that a wrapper runs, and whether it gets more arguments than these."""
    more = False
    while words and os.path.basename(words[0]) in _WRAPPERS:
        name = os.path.basename(words[0])
        more = more or name == "xargs"
        words = words[1:]
        while words and (words[0].startswith("-") or re.fullmatch(r"\w+=.*", words[0])):
            takes = len(words[0]) == 2 and words[0][1] in _WRAPPERS[name]
            words = words[2 if takes else 1 :]
        if name == "timeout":
            words = words[1:]
    return words, more


def _changed(rest: Sequence[str], folder: Path | None) -> Path | None:
    if folder is None or len(rest) != 1 or _NOT_PLAIN.search(rest[0]) or rest[0][:1] in ("~", "-"):
        return None
    return folder / to_system(rest[0])


def _paths(words: Sequence[str], folder: Path | None) -> list[Path] | None:
    """Return the files that words of a command name; None if that is not known."""
    found: list[Path] = []
    for word in words:
        if folder is None or _NOT_PLAIN.search(word) or word.startswith("~"):
            return None
        if re.search(r"[*?\[{]", word):
            # What matches may be more than Python's own glob finds: files with a dot, braces.
            return None
        found.append(folder / to_system(word))
    return found


def _delete(words: Sequence[str], folder: Path | None, found: _Found, *, unsure: bool) -> None:
    paths = _paths(words, folder)
    if unsure or paths is None:
        found.sure.append(DELETES)
    elif words:
        found.deleted += paths


def _write_over(words: Sequence[str], folder: Path | None, found: _Found) -> None:
    for path in _paths(words, folder) or ():
        with contextlib.suppress(OSError, ValueError):
            _overwrite(path, found)


def _overwrite(path: Path, found: _Found) -> None:
    # A device such as /dev/null keeps nothing.
    if path.is_file() and path.stat().st_size > 0:
        found.overwritten.append(path)


def _put(
    name: str, rest: Sequence[str], plain: Sequence[str], folder: Path | None, found: _Found
) -> None:
    """Note what a copy or a move puts something on."""
    options = {option for option in rest if option.startswith("-")}
    if options & {"-n", "--no-clobber", "-b", "--backup", "-t", "-s", "--symbolic-link"}:
        return
    if name == "ln" and not any("f" in option for option in options if option[:2] != "--"):
        return
    paths = _paths(plain, folder)
    if paths is None or len(paths) < 2:
        return
    *sources, target = paths
    with contextlib.suppress(OSError, ValueError):
        if target.is_dir():
            for source in sources:
                _overwrite(target / source.name, found)
        else:
            _overwrite(target, found)


def _in_place(rest: Sequence[str]) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*i.*|--in-place.*", word) for word in rest)


def _find(rest: Sequence[str], found: _Found) -> None:
    if "-delete" in rest:
        found.sure.append(DELETES)
    for option in ("-exec", "-execdir", "-ok", "-okdir"):
        for index, word in enumerate(rest):
            command = rest[index + 1] if word == option and index + 1 < len(rest) else ""
            if os.path.basename(command) in _DELETE:
                found.sure.append(DELETES)


def _git(rest: Sequence[str], folder: Path | None, found: _Found) -> None:
    words = list(rest)
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in ("-C", "-c", "--git-dir", "--work-tree") else 1 :]
    if not words:
        return
    command, options = words[0], words[1:]
    given = set(options)
    letters = {letter for word in options if re.fullmatch(r"-[a-zA-Z]+", word) for letter in word}
    force = "f" in letters or "--force" in given
    if command == "clean" and not ("n" in letters or "--dry-run" in given):
        found.sure.append(DELETES)
    elif (
        (command == "reset" and "--hard" in given)
        or (command == "checkout" and (force or "--" in given or "." in given))
        or (command == "switch" and (force or "--discard-changes" in given))
        or (command == "restore" and not (given & {"--staged", "-S"} and "--worktree" not in given))
        or (command == "stash" and given & {"drop", "clear"})
        or (command == "rm" and force)
        or (command == "worktree" and "remove" in given and force)
    ):
        found.sure.append(DISCARDS)
    elif command == "push" and (
        force
        or given & {"--mirror", "--delete", "-d", "--prune"}
        or any(word.startswith(("--force-with-lease", "+", ":")) for word in options)
    ):
        found.sure.append(PUSHES)
    elif (
        (command == "branch" and ("D" in letters or ("d" in letters and force)))
        or (command == "reflog" and given & {"expire", "delete"})
        or (command == "gc" and any(word.startswith("--prune") for word in options))
    ):
        found.sure.append(DROPS)
