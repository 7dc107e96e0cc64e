"""What the scripted model says in the tests of this folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk.testing import Reply, last_prompt, tool_results

from tests.browser.replay_script import RULES

FOREIGN = "http://203.0.113.7"  # documentation's own range of addresses: nothing is there

#: Everything in it would set this flag of the page, open a dialog, or call FOREIGN.
FLAG = "__pwned"
HOSTILE = f"""\
<script>window.{FLAG} = 1; alert(1)</script>
<img src=x onerror="window.{FLAG} = 2; alert(2)">
<svg onload="window.{FLAG} = 3"><script>window.{FLAG} = 4</script></svg>
<iframe srcdoc="<script>parent.{FLAG} = 5</script>"></iframe>
</div></div></div><style>body {{ display: none !important }}</style>

A [link](javascript:window.{FLAG}=6), ![image]({FOREIGN}/pixel.png), <{FOREIGN}/auto>,
[data](data:text/html,<script>window.{FLAG}=7</script>), `<b onclick="window.{FLAG}=8">code</b>`,
[title]({FOREIGN}/a "x\\" onmouseover=window.{FLAG}=9"), **"><img src=x onerror=window.{FLAG}=10>**

```html"><img src=x onerror=window.{FLAG}=11>
</code></pre><img src={FOREIGN}/code.png onerror="window.{FLAG} = 12">
```

$\\href{{javascript:window.{FLAG}=13}}{{E}}$ $\\require{{html}}\\style{{position:fixed}}{{x}}$ \
<a href="javascript:window.{FLAG}=14" style="position:fixed;inset:0">all over the page</a>

The end of the attack.
"""


def limited(request: Mapping[str, Any]) -> Reply:
    """Reply as an API whose limit is reached for all models but one."""
    if "haiku" in request["model"]:
        return [{"text": f"Haiku was asked: {last_prompt(request)}"}]
    return [{"error": 429, "times": 99}]


def sorted_as(word: str) -> Reply:
    """Reply to a row of a batch with a value."""
    return [{"tool": "StructuredOutput", "input": {"value": word}}]


#: Formulas that move what they draw, each in the way of another command: over what stands below.
_BOX = rf"\Huge\colorbox{{red}}{{{'W' * 40}}}"
MOVED = [
    rf"\smash{{\lower 6em{{{_BOX}}}}}",
    rf"\smash[b]{{\lower 9em{{{_BOX}}}}}",
    rf"\rlap{{\lower 12em{{{_BOX}}}}}",
    rf"\llap{{\lower 12em{{{_BOX}}}}}",
    rf"\mathrlap{{\smash{{\lower 15em{{{_BOX}}}}}}}",
    rf"\mathllap{{\smash{{\lower 15em{{{_BOX}}}}}}}",
    rf"\mathclap{{\smash{{\lower 15em{{{_BOX}}}}}}}",
    rf"\smash{{\raise -18em{{{_BOX}}}}}",
    rf"\smash{{\raise 8em{{{_BOX}}}}}",
    rf"\moveright 5em{{\smash{{\lower 20em{{{_BOX}}}}}}}",
    rf"\moveleft 5em{{\smash{{\lower 20em{{{_BOX}}}}}}}",
    r"\smash{\rule[-20em]{40em}{16em}}",
    r"\smash{\Rule{40em}{0em}{20em}}",
    rf"\smash{{\Space{{1em}}{{0em}}{{20em}}\lower 22em{{{_BOX}}}}}",
    rf"\hspace{{-30em}}\smash{{\lower 10em{{{_BOX}}}}}",
    rf"\kern-10em\smash{{\lower 10em{{{_BOX}}}}}",
    rf"\mskip -100mu\smash{{\lower 10em{{{_BOX}}}}}",
    rf"\smash{{\vcenter{{\lower 10em{{{_BOX}}}}}}}",
    r"\smash{\lower 12em{\fcolorbox{red}{red}{\rule{40em}{0em}\rule{0em}{9em}}}}",
    r"\smash{\lower 12em{\enclose{box}[mathbackground=red]{\rule{40em}{0em}\rule{0em}{9em}}}}",
    r"\smash{\lower 9em{\Huge\color{red}\blacksquare\blacksquare\blacksquare\blacksquare}}",
    r"\smash{\substack{\\[6em]\\[6em]\color{red}\blacksquare\blacksquare\blacksquare}}",
    rf"\mathtip{{\smash{{\lower 14em{{{_BOX}}}}}}}{{{_BOX}}}",
    rf"\toggle{{\smash{{\lower 14em{{{_BOX}}}}}}}{{x}}\endtoggle",
    r"\mmlToken{mtext}[style='position:fixed;inset:0;background:red']{x}",
    r"\style{position:fixed;inset:0;background:red}{x}",
    r"\unicode[position:fixed;inset:0]{x41}",
]
#: As words, as lines of their own, and what is wide or high without a formula.
COVERING = "\n\n".join(
    [
        "I look first.",
        " ".join(f"${formula}$" for formula in MOVED),
        *(f"$$\n{formula}\n$$" for formula in MOVED[:-3]),  # the others are refused
        f"| a |\n|---|\n| {'W' * 3000} |",
        f"```python\n{'w' * 3000}\n```",
        "Z" + "\u0336\u0348\u0323" * 60,
        " ".join(f"${formula}$" for formula in MOVED),
    ]
)

CODE = 'def mean(rows):\n    return sum(rows) / len(rows)  # of "rows"'

PARAGRAPH = "It rained on the island, and the keeper counted the waves. "


def bash(command: str, before: str = "I'll run it.", **more: Any) -> list[dict[str, Any]]:
    """Return a reply that calls Bash."""
    return [{"text": before}, {"tool": "Bash", "input": {"command": command, **more}}]


def question(text: str, options: list[str], *, several: bool) -> dict[str, Any]:
    """Return one question of AskUserQuestion."""
    return {
        "question": text,
        "header": text.split()[-1].rstrip("?"),
        "options": [{"label": option, "description": f"Say {option}"} for option in options],
        "multiSelect": several,
    }


QUESTIONS = {
    "questions": [
        question("Which colour?", ["Blue", "Green"], several=False),
        question("Which fruits?", ["Apple", "Pear", "Plum"], several=True),
        question("Which town?", ["Oslo", "Rome"], several=False),
    ]
}


def write(name: str, content: str) -> list[dict[str, Any]]:
    """Return a reply that calls Write."""
    return [{"tool": "Write", "input": {"file_path": name, "content": content}}]


def edit_cell(request: Mapping[str, Any]) -> Reply:
    """Reply with a call that changes the cell with a total, as the last result shows it."""
    text = tool_results(request)[-1].text
    cell = re.search(r"id (\S+) · hash (\w+)[^\n]*\n(total = 1\n[^\n]*)", text)
    if cell is None:
        return [{"text": f"There is no such cell in: {text}"}]
    given = {"id": cell[1], "hash": cell[2], "source": cell[3].replace("1", "2", 1)}
    return [{"tool": "mcp__notebook__edit_cell", "input": given}]


def run_cell(request: Mapping[str, Any]) -> Reply:
    """Reply with a call that runs the cell with a total, as the last result shows it."""
    edit = edit_cell(request)[-1]
    if "input" not in edit:
        return [edit]
    given = {name: edit["input"][name] for name in ("id", "hash")}
    return [{"tool": "mcp__notebook__run_cell", "input": given}]


def said(request: Mapping[str, Any]) -> Reply:
    """Reply with the last result."""
    return [{"text": f"I read: {tool_results(request)[-1].text}. All done."}]


def write_plan(request: Mapping[str, Any]) -> Reply:
    """Reply with a plan, in the file that Claude Code names."""
    path = re.search(r"[^\s\"'`\\]*/plans/[\w.-]+\.md", json.dumps(request))
    assert path is not None
    return write(path[0], "# Clean the prices\n\n1. **Read** it\n2. Plot it\n")


SCRIPT: list[dict[str, Any]] = [
    *RULES,
    {"when": "summary of the conversation", "replies": [[{"text": "They filled the context."}]]},
    {"when": "fill the context", "replies": [[{"text": "much " * 20_000}]]},
    {"when": "delete the notes", "replies": [bash("rm -f notes.txt"), said]},
    {"when": "touch or tell", "replies": [bash("touch other.txt"), said]},
    {
        "when": "make a plan",
        "replies": [
            write_plan,
            [{"tool": "ExitPlanMode", "input": {}}],
            write("clean.csv", "price\n1\n"),
            [{"text": "Begun."}],
        ],
    },
    {
        "when": "run the total",
        "replies": [
            [{"tool": "mcp__notebook__read_cells", "input": {}}],
            run_cell,
            said,
        ],
    },
    {
        "when": "change the total",
        "replies": [
            [{"text": "I look."}, {"tool": "mcp__notebook__read_cells", "input": {}}],
            edit_cell,
            edit_cell,
            [{"tool": "Read", "input": {"file_path": "test.ipynb"}}],
            write("test.ipynb", "{}"),
            said,
        ],
    },
    {"when": "draft one", "replies": [write("notes.txt", "one\n"), [{"text": "Drafted."}]]},
    {
        "when": "draft two",
        "replies": [
            write("notes.txt", "two\ntwo\n"),
            write("plan.txt", "plan\n"),
            bash("echo built > made.txt"),
            [{"text": "Redrafted."}],
        ],
    },
    {
        "when": "plot the prices",
        "replies": [
            [
                {"text": "I plot them by month."},
                {
                    "tool": "mcp__kernel__run_code",
                    "input": {
                        "code": "import matplotlib.pyplot as plt\n"
                        "mean = sum(prices) / len(prices)\n"
                        "print('mean', mean)\n"
                        "fig, ax = plt.subplots(figsize=(4, 2))\n"
                        "ax.plot(prices)\n"
                        "plt.show()",
                        "why": "Show how the prices change",
                    },
                },
            ],
            [{"text": "The prices go up."}],
        ],
    },
    {
        "when": "count for ever",
        "replies": [
            [
                {
                    "tool": "mcp__kernel__run_code",
                    "input": {
                        "code": "import time\nfor n in range(10_000):\n"
                        "    print('step', n)\n    time.sleep(0.02)",
                        "why": "Count",
                    },
                }
            ],
            [{"text": "I stopped counting."}],
        ],
    },
    {"when": "touch made", "replies": [bash("touch made.txt"), [{"text": "That is **done**."}]]},
    {"when": "touch other", "replies": [bash("touch other.txt"), [{"text": "Other done."}]]},
    {
        "when": "two at once",  # Claude Code asks for calls that only read side by side
        "replies": [
            [
                {"tool": "Read", "input": {"file_path": "/etc/hostname"}},
                {"tool": "Read", "input": {"file_path": "/etc/passwd"}},
            ],
            [{"text": "Both done."}],
        ],
    },
    {
        "when": "two requests",
        "replies": [
            bash("touch first.txt"),
            bash("touch second.txt", "And again."),
            [{"text": "Both are answered."}],
        ],
    },
    {
        "when": "long command",
        "replies": [bash(f"echo {'x' * 7880}; touch end.txt"), [{"text": "Printed."}]],
    },
    {
        "when": "ask me",
        "replies": [[{"tool": "AskUserQuestion", "input": QUESTIONS}], [{"text": "Thanks."}]],
    },
    {
        "when": "stream",
        "replies": [
            [
                {"text": "First words. "},
                {"text": PARAGRAPH * 60, "chunk": 8, "every": 0.01},
                {"text": "Last words."},
            ]
        ],
    },
    {"when": "never ends", "replies": [[{"text": "I begin. "}, {"hang": True}]]},
    {"when": "wait for ever", "replies": [bash("mkfifo pipe && cat pipe"), [{"text": "Over."}]]},
    {"when": "help with it", "replies": [[{"text": HOSTILE}]]},
    {
        "when": "attack",
        "replies": [
            [
                {
                    "tool": "Agent",
                    "input": {
                        "description": HOSTILE,
                        "prompt": f"help with it {HOSTILE}",
                        "subagent_type": "general-purpose",
                        "run_in_background": False,
                    },
                }
            ],
            [{"text": HOSTILE, "chunk": 7}],
        ],
    },
    {
        "when": "poisoned tool",
        "replies": [bash("cat poison.html"), [{"text": "Seen."}]],
    },
    {
        "when": "hidden marks",
        "replies": [bash("touch a\u202eb\u200bc.txt"), [{"text": "Text \u202eturned."}]],
    },
    {
        "when": "everything of it",
        "replies": [
            bash(
                "touch made.txt",
                description="Harmless. " * 40,
                timeout=7000,
                dangerouslyDisableSandbox=True,
            ),
            [{"text": "That is done."}],
        ],
    },
    {
        "when": "hide code in a comment",
        "replies": [
            [{"tool": "Read", "input": {"file_path": "note.py"}}],
            [
                {
                    "tool": "Edit",
                    "input": {"file_path": "note.py", "old_string": "\f", "new_string": "\n"},
                }
            ],
            [{"text": "Edited."}],
        ],
    },
    {
        "when": "other letters in a field",
        "replies": [
            [
                {
                    "tool": "WebFetch",
                    "input": {
                        "url": "https://example.org/",
                        "prompt": "from \u05d0\u05d1\u05d2 \u05d3\u05d4\u05d5",
                    },
                }
            ],
            [{"text": "Fetched."}],
        ],
    },
    {"when": "write two spaces", "replies": [write("a  b.txt", "x\n"), [{"text": "Written."}]]},
    {
        "when": "touch two spaces",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch 'a  b.txt'"}}],
            [{"text": "Made."}],
        ],
    },
    {
        "when": "write a file",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "notes.txt", "content": "one\ntwo <b>\n"}}],
            [{"text": "Written."}],
        ],
    },
    {
        "when": "mathematics",
        "replies": [
            [
                {
                    "text": "It costs $5 today and $6 tomorrow, US$7 later; $PATH:$HOME too.\n\n"
                    "Einstein: $E=mc^2$, and \\(a_1 + b_1\\).\n\n"
                    "$$\n\\int_0^1 x\\,dx\n= \\tfrac12\n$$\n\n"
                    "In code `$x$` stays, and \\$3 or \\$4."
                }
            ]
        ],
    },
    {
        "when": "look at the chart",
        "replies": [
            [{"text": "I look."}, {"tool": "Read", "input": {"file_path": "chart.png"}}],
            [{"text": "It shows a *wave*."}],
        ],
    },
    {
        "when": "delegate",
        "replies": [
            [
                {
                    "tool": "Agent",
                    "input": {
                        "description": "Look",
                        "prompt": "look at the chart",
                        "subagent_type": "general-purpose",
                        "run_in_background": False,
                    },
                }
            ],
            [{"tool": "Read", "input": {"file_path": "chart.png"}}],
            [
                {"text": f"```python\n{CODE}\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n"},
                {"tool": "Bash", "input": {"command": "touch made.txt"}},
            ],
            [{"text": "All shown."}],
        ],
    },
    {
        "when": "many deltas",
        "replies": [
            [{"text": "".join(f"word{n:04} " for n in range(5000)), "chunk": 9, "every": 0.001}]
        ],
    },
    {
        "when": "watch the files",
        "replies": [
            [
                {
                    "tool": "Bash",
                    "input": {
                        "command": "echo seen one; exec tail -f /dev/null",
                        "description": "Watch the files",
                        "run_in_background": True,
                    },
                }
            ],
            [{"text": "I watch them."}],
        ],
    },
    {"when": "think", "replies": [[{"thinking": "Let me see."}, {"text": "Thought."}]]},
    {
        "when": "cover it",
        "replies": [bash("touch seen.txt", COVERING), [{"text": "Covered."}]],
    },
    {
        "when": "other letters",
        "replies": [
            bash("cp \u05d0\u05d1\u05d2 \u05d3\u05d4\u05d5", "I copy."),
            [{"text": "Copied."}],
        ],
    },
    {"when": "hello", "replies": [[{"text": "Hi **there**."}]]},
    {"when": "rate limit", "replies": [limited]},
    {"when": "Sort: busy", "replies": [[{"error": 429, "retry_after": 50}]]},
    {"when": "Sort: stone", "replies": [sorted_as("rock"), sorted_as("rock")]},
    {"when": "Sort: ", "replies": [sorted_as("fruit"), [{"text": "Done."}]]},
]
