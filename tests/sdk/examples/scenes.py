"""How each example is run, what the model answers it, and what is to be seen.

The answers are written so that they show the example's point: a tool call where it is about
permissions, a text that only somebody who remembers can give where it is about memory.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_claude_sdk.testing import tool_results


@dataclass(frozen=True)
class Scene:
    """One example's surroundings and outcome.

    Attributes
    ----------
    model : list
        The model's script; what no rule fits is repeated.
    says, silent_on : tuple of str
        Texts that are printed, in this order; that are not.
    asks, never_asks : tuple of str
        Texts that the model is sent; that it is not.
    files, made : dict
        What lies in the folder at the start; what must lie there at the end (None: must not). Names
        may be absolute.
    folders : tuple of str
        Folders that the example takes for granted: made for the test, removed after it.
    cells : bool
        Run as a notebook's cells and not as a script: it has an ``await`` outside functions, or
        needs a name that it does not import.
    before, after : str
        Cells of ours around it. `before` is what the document's reader has typed already.
    follows : str
        Another example that is the cell before.
    apart : bool
        Each statement of it is a cell of its own.
    typed : str
        What the user types.
    stopped_at : str
        The example never ends: after this has been printed, Ctrl+C.
    env : dict
        More environment.
    exit_code : int
    note : str
        What is special, and why.
    """

    model: list[dict[str, Any]] = field(default_factory=list)
    says: tuple[str, ...] = ()
    silent_on: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    never_asks: tuple[str, ...] = ()
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    made: Mapping[str, str | None] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    cells: bool = False
    before: str = ""
    after: str = ""
    follows: str = ""
    apart: bool = False
    typed: str = ""
    stopped_at: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    exit_code: int = 0
    note: str = ""


def says(when: str, *texts: str, **more: Any) -> dict[str, Any]:
    """Return a rule: asked `when`, the model says these texts, one in each call."""
    return {"when": when, "replies": [[{"text": text}] for text in texts], **more}


def uses(when: str, *calls: tuple[str, dict[str, Any]], then: Any = "Done.") -> dict[str, Any]:
    """Return a rule: asked `when`, the model calls these tools together, then says `then`."""
    last = then if callable(then) else [{"text": then}]
    tools = [{"tool": name, "input": given} for name, given in calls]
    return {"when": when, "replies": [tools, last]}


def writes(*names: str) -> list[tuple[str, dict[str, Any]]]:
    return [("Write", {"file_path": name, "content": f"# {name}"}) for name in names]


def repeats(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Let the model repeat what its tools returned."""
    return [{"text": " ".join(result.text for result in tool_results(body))}]


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

SDK = "from claude_agent_sdk import ClaudeSDKClient"
QUERY = "from claude_agent_sdk import query, ClaudeAgentOptions"
OLD_SDK = "from claude_code_sdk import ClaudeSDKClient"
ANYIO = "the document calls anyio without importing it: the reader's session has done so"

# --- what several documents show alike -----------------------------------------------------------

HELLO = Scene([says("Hello", "Good day.")], ("Good day.", "ResultMessage("), cells=True, before=SDK)
MEMORY = Scene(
    [
        says("capital", "Paris."),
        says("population", "Two million.", when_earlier="Paris."),
        says("landmarks", "A tower of iron.", when_earlier="Two million."),
    ],
    ("Claude: Paris.", "Claude: Two million.", "Claude: A tower of iron."),
)
PIECES = Scene(
    [
        says("patterns", "It is warm and damp.", when_earlier="Humidity: 60%"),
        says("concerned", "Not at all.", when_earlier="warm and damp"),
    ],
    ("It is warm and damp.", "Not at all."),
    asks=("Analyze the following", "Temperature: 25", "Humidity: 60%"),
    note="the four pieces are gathered into one message, so that the model sees them",
)
INTERRUPT = Scene(
    [
        {"when": "Count", "replies": [[{"text": "one, two, three, " * 60, "every": 0.2}]]},
        says("hello", "Hello."),
    ],
    ("Task interrupted!",),
    asks=("Just say hello",),
)
WEB_SERVER = Scene(
    [
        uses(
            "web server",
            ("Write", {"file_path": "/home/user/project/server.py", "content": "import http"}),
            then="It serves.",
        )
    ],
    ("ToolUseBlock(", "It serves.", "ResultMessage("),
    asks=("expert Python developer",),
    made={"/home/user/project/server.py": "import http"},
    folders=("/home/user/project",),
)
PROJECT = Scene(
    [
        uses(
            "project structure",
            ("Write", {"file_path": "/home/user/project/setup.py", "content": "print('set up')"}),
            ("Bash", {"command": "mkdir -p package"}),
        )
    ],
    ("Using tool: Write", "Using tool: Bash"),
    made={"/home/user/project/setup.py": "set up", "/home/user/project/package": ""},
    folders=("/home/user/project",),
)
GREET = Scene(
    cells=True,
    after='print(greet.name, (await greet.handler({"name": "Ada"}))["content"])',
    says=("greet", "Hello, Ada!"),
    note="it only defines a tool; our cell calls it",
)
CALCULATOR = Scene(
    [
        uses(
            "add and multiply",
            ("mcp__calc__add", {"a": 2, "b": 3}),
            ("mcp__calc__multiply", {"a": 2, "b": 3}),
            then=repeats,
        )
    ],
    ("Sum: 5", "Product: 6"),
    cells=True,
    before=QUERY,
    after='async for message in query(prompt="add and multiply", options=options): print(message)',
    note="it uses a name that the section before imports, and ends with options; our cell asks",
)
ERRORS = Scene([says("Hello", "Good day.")], ("Good day.", "ResultMessage("), cells=True)
WEATHER = Scene(
    [says("weather", "Fair."), says("more", "Fair, with wind.", when_earlier="Fair.")],
    ("Fair.", "ResultMessage(", "Fair, with wind.", "ResultMessage("),
)
PERMISSION = Scene(
    [uses("config", *writes(".git/config", "plain.txt"))],
    ("./sandbox/", "ResultMessage("),
    made={".git/config": None, "sandbox": "", "plain.txt": "plain.txt"},
    cells=True,
    before="import asyncio",
    note="it calls asyncio without importing it. Its allowed_tools let the CLI write without "
    "asking (the SDK warns of that), but for files such as .git/config",
)

SETTINGS = {
    ".claude/settings.json": '{"permissions": {"deny": ["Bash(echo project)"]}}',
    ".claude/settings.local.json": '{"permissions": {"deny": ["Bash(echo local)"]}}',
    "../.claude/settings.json": '{"permissions": {"deny": ["Bash(echo user)"]}}',
}
DENIED = tuple(f"command echo {name} has been denied" for name in ("project", "local", "user"))


def echoes(when: str) -> list[dict[str, Any]]:
    commands = ("echo project", "echo local", "echo user", "touch made.txt")
    return [uses(when, *(("Bash", {"command": command}) for command in commands))]


# --- each example --------------------------------------------------------------------------------

SCENES: dict[str, Scene] = {
    "S0-2": HELLO,
    "S0-3": MEMORY,
    "S0-4": PIECES,
    "S0-5": INTERRUPT,
    "S0-6": PERMISSION,
    "S1-1": Scene(
        [says("how are you", "Well."), says("function", "def f(): ...", when_earlier="Well.")],
        ("Claude: Well.", "Claude: def f(): ..."),
        cells=True,
        before="import anyio",
        note=ANYIO,
    ),
    "S1-2": Scene(
        [uses("web server", *writes("/path/to/project/server.py"), then="It serves.")],
        ("It serves.", "ResultMessage("),
        asks=("helpful coding assistant",),
        made={"/path/to/project/server.py": "server.py"},
        folders=("/path/to/project",),
        cells=True,
        before="import anyio",
        note=ANYIO,
    ),
    "S1-3": Scene(
        [uses("Greet Alice", ("mcp__tools__greet", {"name": "Alice"}), then=repeats)],
        ("Hello, Alice!", "ResultMessage("),
        cells=True,
        before="import anyio",
        note=ANYIO,
    ),
    "S1-4": Scene(
        [
            uses(
                "echo",
                ("Bash", {"command": "echo 'Hello World!'"}),
                ("Bash", {"command": "echo rm -rf"}),
            )
        ],
        ("Hello World!", "Command contains dangerous pattern: rm -rf"),
        cells=True,
        before="import anyio",
        note=ANYIO,
    ),
    "S1-5": Scene(
        [{"when": "story", "replies": [[{"text": "Once upon a time " * 60, "every": 0.2}]]}],
        ("ResultMessage(",),
        cells=True,
        before="import anyio",
        stopped_at="ResultMessage(",
        note=ANYIO + "; receive_messages() goes on after the interruption, so the user ends it",
    ),
    "S1-6": Scene(
        says=("Commands available: ", "Output style: default"),
        cells=True,
        before="import anyio",
        note=ANYIO,
    ),
    "S1-7": Scene(
        [says("Hello", "Good day.")],
        ("Good day.", "ResultMessage("),
        cells=True,
        before="import anyio",
        stopped_at="ResultMessage(",
        note=ANYIO + "; no message has the subtype it waits for, so the user ends it",
    ),
    "S2-3": WEB_SERVER,
    "S2-7": GREET,
    "S2-9": CALCULATOR,
    "S2-11": HELLO,
    "S2-12": MEMORY,
    "S2-13": PIECES,
    "S2-14": INTERRUPT,
    "S2-35": PROJECT,
    "S2-36": ERRORS,
    "S2-37": WEATHER,
    "S3-3": Scene(
        [says("contract clause", "Unlimited liability is a risk.")],
        ("Unlimited liability is a risk.",),
        asks=("You are a legal assistant",),
    ),
    "S3-5": Scene(
        [says("contract clause", "A risk. ")],
        ("A risk. A risk. ",),
        cells=True,
        follows="S3-3",
        note="the call of the function that the example before defines, in a cell",
    ),
    "S3-6": Scene(
        [uses("performance", ("Bash", {"command": "echo load 0.1"}), then="All is quick.")],
        ("All is quick.",),
        asks=("You are a performance engineer", "load 0.1"),
    ),
    "S3-7": Scene(
        [says("performance", "All is quick.")],
        ("All is quick.",),
        asks=("You are a performance engineer",),
        cells=True,
    ),
    "S3-8": Scene(
        cells=True,
        after="print(options.append_system_prompt, options.max_thinking_tokens)",
        says=("Additional system instructions 8000",),
        note="it only makes options, of a session and folders that nobody has",
    ),
    "S3-9": Scene(
        folders=("/project/root", "/shared/libs", "/common/utils"),
        says=("ProcessError", "unknown option '--timeout=300'"),
        exit_code=1,
        note="one of its extra arguments is none of the CLI's, which says so and ends",
    ),
    "S3-10": Scene(
        [
            uses("screenshot.png", ("Read", {"file_path": "screenshot.png"}), then="A dot."),
            uses("diagram.png", ("Read", {"file_path": "diagram.png"}), then="Another dot."),
            says("suggest", "More dots.", when_earlier="Another dot."),
            says("implementation", "dots = 3", when_earlier="More dots."),
        ],
        asks=("security issues", "Explain what", '"type": "image"', "First, analyze"),
        files={"screenshot.png": PIXEL, "diagram.png": PIXEL},
        cells=True,
        note="it reads three answers of five: the last two prompts may end unread",
    ),
    "S3-11": Scene(
        [says("payment", "Refactored."), says("error handling", "Added.", when_earlier="Refact")],
        asks=("payment module", "Refactored.", "error handling"),
        note="it defines two functions and runs the first",
    ),
    "S3-12": Scene(
        [says("API is down", "Restart it."), says("Refactor", "Smaller now.")],
        ("Restart it.", "Smaller now."),
        asks=("You are an SRE expert", "Always include comprehensive error handling"),
    ),
    "S3-13": Scene(
        [says("contract", "No risk.")],
        ("No risk.", "Review complete. Total cost: $"),
        asks=("corporate lawyer",),
    ),
    "S3-14": Scene(
        [says("security issues", "It is safe.")],
        ("It is safe.",),
        asks=("security auditor",),
        note="it names a permission tool of a server that it only has in a comment",
    ),
    "S3-15": Scene([says("Header", "A component.")], ("A component.",), cells=True, before=OLD_SDK),
    "S3-16": Scene(
        [says("data layer", "In layers.")],
        ("'result': 'In layers.'", "'cost': 0.", "'num_turns': 1, 'session_id': '"),
        cells=True,
        before=OLD_SDK,
        note="its break inside receive_messages() is clean",
    ),
    "S3-17": Scene(
        [uses("screenshot.png", ("Read", {"file_path": "screenshot.png"}))],
        asks=("Explain this code", '"type": "image"', "best practices", "improved version"),
        files={"screenshot.png": PIXEL},
    ),
    "S3-18": Scene(
        [uses("Incident", ("Bash", {"command": "echo 500"}), then="A full disk.")],
        ("Payment API returning 500 errors (Severity: high)", "[Bash] A full disk.", "Cost: $0."),
        cells=True,
    ),
    "S3-19": Scene(
        [says("diff of PR 123", "One vulnerability.")],
        ("Auditing PR #123", "One vulnerability.", "Severity: high", '"pr_number": 123'),
        files={"bin/gh": '#!/bin/sh\necho "diff of PR $3"\n'},
        cells=True,
        note="GitHub's program is a script of ours",
    ),
    "S3-20": Scene(
        [
            says("contract.pdf", "Clause 3."),
            says("GDPR", "Met.", when_earlier="Clause 3."),
            says("summary", "Few risks.", when_earlier="Met."),
        ],
        ("Clause 3.", "Met.", "Few risks.", "Total cost: $0."),
        files={"contract.pdf": "%PDF-1.4"},
        cells=True,
    ),
    "S3-21": Scene(
        [says("Analyze this code", "Fine."), says("prompt", "Good.")],
        ("{'text': 'Good.', 'cost': 0.",),
        cells=True,
        after="async with ClaudeSDKClient() as c: print(await get_response(c, 'prompt'))",
        note="its two concurrent clients are closed before they answer",
    ),
    "S3-22": Scene(
        [says("data.csv", "Three columns."), says("again", "And two rows.")],
        ("Three columns.", "ResultMessage(", "And two rows."),
        files={"data.csv": "a,b,c\n1,2,3\n"},
        cells=True,
        apart=True,
        before=OLD_SDK,
        after="await client.connect(); await stream_print(client, 'again')",
        note="connect, query, reading and disconnect in cells of their own, so in different tasks",
    ),
    "S4-1": WEB_SERVER,
    "S4-2": GREET,
    "S4-3": CALCULATOR,
    "S4-4": HELLO,
    "S4-5": MEMORY,
    "S4-6": PIECES,
    "S4-7": INTERRUPT,
    "S4-8": PERMISSION,
    "S4-9": Scene(
        echoes("Analyze"),
        ("ResultMessage(",),
        asks=DENIED,
        files=SETTINGS,
        made={"made.txt": None},
        cells=True,
    ),
    "S4-10": Scene(
        echoes("CI"),
        ("ResultMessage(",),
        asks=DENIED[:1],
        never_asks=DENIED[1:],
        files=SETTINGS,
        made={"made.txt": None},
        cells=True,
        before=QUERY,
    ),
    "S4-11": Scene(
        echoes("tests"),
        ("ResultMessage(",),
        asks=DENIED[:1],
        never_asks=DENIED[1:],
        files=SETTINGS,
        made={"made.txt": ""},
        cells=True,
        before=QUERY,
        note="nobody is asked about the command that makes a file: permissions are bypassed",
    ),
    "S4-13": Scene(
        [says("feature", "As the project wants it.")],
        ("As the project wants it.",),
        asks=("indent with three spaces", "You are an agent working with the user"),
        files={"CLAUDE.md": "In this project we indent with three spaces."},
        cells=True,
        before=QUERY,
    ),
    "S4-14": Scene(
        [uses("codebase", ("Bash", {"command": "ls"}), ("Bash", {"command": "echo rm -rf /"}))],
        ("Tool used: Bash", "Tool used: Bash", "Tool used: Bash", "ResultMessage("),
        asks=("Dangerous command blocked",),
        cells=True,
    ),
    "S4-15": Scene(
        [
            uses("Create a file", *writes("hello.py"), then="It is made."),
            says("in that file", "One line.", when_earlier="It is made."),
        ],
        (
            "Claude: It is made.",
            "Task interrupted!",
            "Claude: One line.",
            "Started new",
            "You said",
        ),
        made={"hello.py": "hello.py"},
        typed="Create a file called hello.py\ninterrupt\nWhat's in that file?\nnew\n"
        "What's in that file?\nexit\n",
    ),
    "S4-16": Scene(
        [uses("List files", ("Bash", {"command": "ls"}), ("Bash", {"command": "echo rm -rf"}))],
        ("[PRE-TOOL] About to use: Bash", "[POST-TOOL] Completed: Bash"),
        asks=("List files in current directory", "Dangerous command blocked"),
        note="the CLI passes over the changed prompt that its third hook returns",
    ),
    "S4-17": Scene(
        [
            {
                "when": "sorting",
                "replies": [
                    [
                        {"text": "I write."},
                        *(
                            {"tool": name, "input": given}
                            for name, given in writes("a.py", "b.py", "c.py", "d.py", "e.py")
                        ),
                    ],
                    [{"text": "All five."}],
                ],
            }
        ],
        ("Claude says: I write.", "Creating: ", "e.py", "All five.", "Task completed!"),
        made={f"{letter}.py": "" for letter in "abcde"},
        note="its break inside receive_messages() is clean",
    ),
    "S4-18": PROJECT,
    "S4-19": ERRORS,
    "S4-20": WEATHER,
    "S4-21": Scene(
        [
            uses("123 * 456", ("mcp__utils__calculate", {"expression": "123*456"}), then=repeats),
            uses("What time", ("mcp__utils__get_time", {}), then=repeats),
        ],
        ("Calculation: Result: 56088", "Time: Current time: 2"),
    ),
}

#: The same examples once more, where they have a second point.
AGAIN: dict[str, tuple[str, Scene]] = {
    "S0-6 in a system folder": (
        "S0-6",
        replace(
            PERMISSION,
            model=[uses("config", *writes("/system/.git/config"))],
            says=("Request interrupted by user", "error_during_execution"),
            made={"/system": None},
        ),
    ),
    "S3-14 with a tool call": (
        "S3-14",
        Scene(
            [uses("security issues", ("Read", {"file_path": "code.py"}))],
            ("[Tool: Read]", "ProcessError", "mcp__security__approval_prompt", "not found"),
            exit_code=1,
            note="the CLI ends when it needs the permission tool that is not there",
        ),
    ),
    "S2-36 without a CLI": (
        "S2-36",
        replace(
            ERRORS,
            says=("Please install Claude Code",),
            silent_on=("ResultMessage(",),
            env={"JUPYTER_CLAUDE_CLI": "/nowhere/claude"},
        ),
    ),
    "S1-1 as it stands": (
        "S1-1",
        Scene(exit_code=1, says=("NameError: name 'anyio' is not defined",), note=ANYIO),
    ),
}

#: Examples that run nowhere, and why.
NOT_RUN = {"S4-12": "it is not Python: two of its values are elided with a comment of JavaScript's"}
