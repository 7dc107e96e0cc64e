"""What a prompt names by ``@``, what of it is attached, and how it is completed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_claude._looking.completion import Completion, complete
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.look import LABEL, LookError, Picture
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.mentions import Mentions
from jupyter_claude._looking.recorder import Recorder
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure


@pytest.fixture
def shell() -> Shell:
    """Return a shell in which some cells ran."""
    return Shell()


@pytest.fixture
def values() -> dict[str, Any]:
    """Return the user's variables."""
    return {
        "df": [1, 2],
        "dfs": 3,
        "größe": 4,
        "api_key": "plain-word-1",
        "secret_plan": ["x"],
        "property": 5,
        "app": 6,
        "In": ["", "first = 1"],
        "Out": {2: "the value"},
        "_hidden": 1,
    }


@pytest.fixture
def mentions(shell: Shell, values: dict[str, Any], tmp_path: Path) -> Mentions:
    """Return what finds names, with some files."""
    (tmp_path / "data.csv").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep.py").write_text("x = 1")
    (tmp_path / "with space.txt").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    recorder = Recorder(shell)
    recorder.start()
    shell.run("first = 1")
    shell.run("second()", show=lambda: shell.result({"text/plain": "'the value'"}))
    shell.run("plot()", show=lambda: shell.display({"image/png": "iVBORw==", "text/plain": "fig"}))
    shell.run("fail()", error=ValueError("it failed"))
    return Mentions(Looker(lambda: values, recorder, Hidden()), lambda: tmp_path)


def found(mentions: Mentions, prompt: str) -> list[str]:
    return [f"{each.kind} {each.name}" for each in mentions.find(prompt)]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("why is @df so long?", ["variable df"]),
        ("@df", ["variable df"]),
        ("(@df), [@dfs]: “@größe”", ["variable df", "variable dfs", "variable größe"]),
        ("plot @df.", ["variable df"]),
        ("@df's rows, @df again", ["variable df"]),
        ("@df['a'] and @dfs:", ["variable df", "variable dfs"]),
        ("see @In[1], @Out[2] and @Out[3]", ["cell 1", "output 2", "output 3"]),
        ("explain @error", ["error error"]),
        ("- @df\n- @dfs", ["variable df", "variable dfs"]),
        ("**@df**", ["variable df"]),
        ("@df\n```python\n@dfs\n```\n@größe", ["variable df", "variable größe"]),
        ("> ```\n> @df\n> ```\n@dfs", ["variable dfs"]),
        ("~~~~\n@df\n~~~\n@df\n~~~~\n@dfs", ["variable dfs"]),
    ],
)
def test_what_is_named(mentions: Mentions, prompt: str, names: list[str]) -> None:
    """Else Claude answers without what the user pointed at."""
    assert found(mentions, prompt) == names


@pytest.mark.parametrize(
    "prompt",
    [
        "mail me@df.com or ada@df",
        "@missing and @df2 and @_hidden",
        "@df.columns, @df-x, @df/x, @df(1)",
        r"\@df stays",
        "`@df` and ``a ` @df``",
        "```python\n@app\ndef f(): ...\n```",
        "```\n@df never closed",
        "```\n> ```\n@df",
        "@app\ndef f(): ...",
        "    @property\n    def f(self): ...",
        "@property\n@app\nclass A: ...",
        "@@df, x@@df, git@df",
        "@In[9], @Out[1], @In, @Out, @In[x]",
        "pip install x@df",
        "@",
        "",
        "no at",
    ],
)
def test_what_is_not_named(mentions: Mentions, prompt: str) -> None:
    """Else a pasted text sends the user's data to the model."""
    assert found(mentions, prompt) == []


def test_files(mentions: Mentions, tmp_path: Path) -> None:
    """Else a page does not show which files Claude Code reads at once."""
    assert found(mentions, "see @data.csv, @sub and @sub/deep.py.") == [
        "file data.csv",
        "folder sub",
        "file sub/deep.py",
    ]
    assert found(mentions, '@"with space.txt" @./data.csv#L1-2') == [
        "file with space.txt",
        "file ./data.csv#L1-2",
    ]
    assert found(mentions, f"@{tmp_path / 'data.csv'}") == [f"file {tmp_path / 'data.csv'}"]
    # Claude Code reads files that stand in code as well.
    assert found(mentions, "```\n@data.csv\n```") == ["file data.csv"]
    assert found(mentions, "(@data.csv) `@data.csv` x@data.csv @data.csv:3 @none.csv") == []
    assert found(mentions, "@//server/share @\\\\server\\share @\0 @" + "x" * 5_000) == []
    (mention,) = mentions.find("see @sub/deep.py.")
    assert (mention.text, mention.start, mention.end) == ("@sub/deep.py", 4, 16)
    look = mentions.attach(mention)
    assert look.title == "sub/deep.py: file, 5 bytes" and look.parts == ()


def test_a_name_that_is_also_a_file(mentions: Mentions, tmp_path: Path) -> None:
    """Else a file goes to the model, and its chip is missing."""
    (tmp_path / "df").write_text("x")
    assert found(mentions, "@df") == ["file df", "variable df"]


def test_what_is_attached(mentions: Mentions) -> None:
    """Else the chip and the model get something else than what the prompt names."""
    looks = [look for _, look in mentions.attachments("@df @In[2] @Out[2] @Out[3] @error")]
    assert [look.title for look in looks] == [
        "df: list of 2: [1, 2]",
        "In[2]",
        'Out[2]: str: "the value"',
        "Out[3]: 1 output, 1 picture",
        "error: ValueError",
    ]
    assert all(look.text.startswith(LABEL) for look in looks)
    assert looks[1].text.endswith("In[2]:\nsecond()")
    assert isinstance(looks[3].parts[1], Picture)
    assert "In[4]:\nfail()" in looks[4].text and "ValueError: it failed" in looks[4].text


def test_what_is_withheld_stays_withheld(mentions: Mentions) -> None:
    """Else naming a key sends it to the model."""
    mentions.looker._hidden.hide("secret_plan")
    for name in ("api_key", "secret_plan"):
        ((mention, look),) = mentions.attachments(f"what is @{name}?")
        assert mention.name == name
        assert look.title == f"{name}: ‹withheld›" and look.withheld == (name,)
        assert "plain-word" not in look.text


def test_a_prompt_with_many_names(mentions: Mentions, values: dict[str, Any]) -> None:
    """Else one prompt fills the model's context."""
    for number in range(12):
        values[f"long_{number}"] = ["word " * 100] * 1_000
    prompt = " ".join(f"@long_{number}" for number in range(12))
    looks = mentions.attachments(prompt)
    assert len(looks) == 12
    assert sum(len(look.text) for _, look in looks) <= 42_000
    assert [bool(look.parts) for _, look in looks] == [True] * 8 + [False] * 4
    assert looks[-1][1].title == "@long_11: not attached, 8 are the most"


def test_what_has_gone_meanwhile(mentions: Mentions, values: dict[str, Any]) -> None:
    """Else a prompt fails because a variable was deleted while it was written."""
    (mention,) = mentions.find("@df")
    del values["df"]
    with pytest.raises(LookError, match="There is no variable df; did you mean dfs"):
        mentions.attach(mention)


def test_an_old_cell(mentions: Mentions, shell: Shell) -> None:
    """Else `@In[1]` stops working after twenty cells."""
    for number in range(30):
        shell.run(f"cell {number}")
    assert found(mentions, "@In[1]") == ["cell 1"]
    ((_, look),) = mentions.attachments("@In[1]")
    assert look.text.endswith("In[1]:\nfirst = 1")


# --- completion -----------------------------------------------------------------------------------


def offered(mentions: Mentions, text: str) -> list[str]:
    return [each.text for each in complete(mentions, text, len(text))]


def test_names_are_completed(mentions: Mentions) -> None:
    """Else users have to know each name by heart."""
    assert offered(mentions, "see @d") == ["@dfs", "@df", "@data.csv", "@sub/deep.py"]
    (one,) = complete(mentions, "see @dfs and so on", 8)
    assert one == Completion("@dfs", 4, "variable", "int: 3")
    assert offered(mentions, "@API") == ["@api_key"]
    (key,) = complete(mentions, "@api", 4)
    assert key.detail == "‹withheld›"


def test_cells_are_completed(mentions: Mentions) -> None:
    """Else users count their cells."""
    assert offered(mentions, "@In") == ["@In[4]", "@In[3]", "@In[2]", "@In[1]"]
    assert offered(mentions, "@In[3") == ["@In[3]"]
    assert offered(mentions, "@Out[") == ["@Out[3]", "@Out[2]"]
    assert complete(mentions, "@In[3", 5)[0].detail == "plot()"
    assert complete(mentions, "@err", 4) == [Completion("@error", 0, "error", "ValueError")]


def test_files_are_completed(mentions: Mentions) -> None:
    """Else users type paths, and get them wrong."""
    assert offered(mentions, "@sub/") == ["@sub/deep.py"]
    assert offered(mentions, "@deep") == ["@sub/deep.py"]
    assert offered(mentions, "@with") == ['@"with space.txt"']
    assert offered(mentions, '@"da') == ['@"data.csv"']
    assert "@.hidden" not in offered(mentions, "@.h")
    # What is offered is what Claude Code reads then.
    for text in offered(mentions, "@s") + offered(mentions, "@with"):
        assert [each.text for each in mentions.find(text)] == [text]


@pytest.mark.parametrize("text", ["", "x", "me@d", r"\@d", "`@d", "@d x", "a@", "@d\n"])
def test_where_nothing_is_completed(mentions: Mentions, text: str) -> None:
    """Else completions come up while the user writes an address or code."""
    assert offered(mentions, text) == []


def test_all_kinds_are_offered_at_once(mentions: Mentions) -> None:
    """Else users do not learn what they can name."""
    kinds = {each.kind for each in complete(mentions, "@", 1)}
    assert kinds == {"variable", "cell", "output", "error", "file", "folder"}


def test_a_large_folder(mentions: Mentions, tmp_path: Path) -> None:
    """Else Tab in a home folder freezes the kernel."""
    deep = tmp_path / "deep"
    for number in range(40):
        folder = deep / f"folder_{number}" / "node_modules" / "x"
        folder.mkdir(parents=True)
        (folder / "wanted.js").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert offered(mentions, "@wanted") == []
    assert offered(mentions, "@loop") == []
