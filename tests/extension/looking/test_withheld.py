"""What counts as a secret, and that no secret reaches the model by any way."""

from __future__ import annotations

import base64
import json
import random
import string
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_claude._looking.classes import words
from jupyter_claude._looking.hidden import Hidden, Marks
from jupyter_claude._looking.look import WITHHELD
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder
from jupyter_claude._looking.secrets import secret_name, without_secrets
from tests.extension.looking.shells import Shell

pytestmark = pytest.mark.pure

SECRET_NAMES = words("""
    api_key apikey API_KEY OPENAI_API_KEY openai_key myKey my_key apiKey secretKey ssh_key key_vault
    aws_secret_access_key AWS_ACCESS_KEY_ID private_key privateKey stripe_key signing_key api_keys
    token TOKEN access_token accessToken hf_token HF_TOKEN token_prod csrf_token github_tokens
    auth_token id_token_secret secret secrets client_secret clientSecret password passwd PASSWORD
    db_password password2 passwords pwd userpwd passphrase pass_phrase_secret smtp_pass db_pass
    ANTHROPIC_CUSTOM_HEADERS AWS_BEARER_TOKEN_BEDROCK CLAUDE_CODE_CLIENT_KEY_PASSPHRASE
    credential credentials creds auth oauth authorization Authorization X-Api-Key Set-Cookie cookie
    session_cookies private private_notes jwt bearer_token dsn sessionid webhook mypassword
""")
PLAIN_NAMES = words("""
    key keys keyboard monkey donkey turkey keynote key_error KeyError primary_key primaryKey by_key
    foreign_key sort_key key_column group_key public_key cache_key key_func keyword dict_key
    tokens token_count tokens_per_second max_tokens n_tokens tokenizer token_ids tokenId next_token
    pad_token eos_token prompt_tokens input_tokens author authors authority secretary compass
    passenger passed bypass first_pass passes df x model price privatization hash_keys cookiecutter
    authored monkeys tokenized keyed publicKey
""")


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_a_name_of_a_secret(name: str) -> None:
    """Else the value behind this name goes to the model."""
    assert secret_name(name)


@pytest.mark.parametrize("name", sorted(PLAIN_NAMES))
def test_a_plain_name(name: str) -> None:
    """Else Claude cannot see what a user has no reason to keep from it."""
    assert not secret_name(name)


def random_word(seed: int, letters: str, length: int) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def secret_values(seed: int) -> dict[str, str]:
    """Make a secret of each kind."""
    word, digits = random_word(seed, WORD, 40), random_word(seed, string.digits, 12)
    claims = base64.urlsafe_b64encode(json.dumps({"sub": word}).encode()).decode().rstrip("=")
    body = "\n".join(random_word(seed + n, WORD + "+/", 64) for n in range(4))
    return {
        "openai": f"sk-proj-{word}",
        "anthropic": f"sk-ant-api03-{word}",
        "stripe": f"sk_live_{word[:24]}",
        "github": f"ghp_{word[:36]}",
        "github fine": f"github_pat_{word}",
        "gitlab": f"glpat-{word[:20]}",
        "aws": f"AKIA{random_word(seed, string.ascii_uppercase + string.digits, 16)}",
        "google": f"AIza{word[:35]}",
        "slack": f"xoxb-{digits}-{digits}-{word[:24]}",
        "hugging face": f"hf_{word[:34]}",
        "jwt": f"eyJhbGciOiJIUzI1NiJ9.{claims}.{word}",
        "pem": f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----",
        "url": f"postgresql://user:{word[:16]}@db.example.com:5432/x",
        "proxy": f"HTTPS_PROXY=user:{word[:16]}@proxy.example.com:8080",
        "bearer": f"Authorization: Bearer {word}",
        "azure": f"DefaultEndpointsProtocol=https;AccountKey={word}==;EndpointSuffix=x",
        "assignment": f"password={word[:9]}",
        "json": json.dumps({"user": "ada", "client_secret": word[:12]}),
        "flag": f"mysql --password {word[:10]}",
    }


#: What must not be seen of each: the part that is really secret.
def core(kind: str, value: str) -> str:
    if kind == "url":
        return value.split(":")[2].partition("@")[0]
    if kind == "proxy":
        return value.split(":")[1].partition("@")[0]
    if kind == "pem":
        return value.splitlines()[1]
    if kind == "json":
        return str(json.loads(value)["client_secret"])
    for mark in ("Bearer ", "AccountKey=", "password=", "--password "):
        if mark in value:
            return value.partition(mark)[2].partition("=")[0]
    return value


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.text(max_size=30), st.text(max_size=30))
def test_a_value_in_any_text(seed: int, before: str, after: str) -> None:
    """Else a key in the middle of a text goes to the model."""
    for kind, value in secret_values(seed).items():
        shown, found = without_secrets(f"{before} {value} {after}")
        assert core(kind, value) not in shown, kind
        assert found, kind


@pytest.mark.parametrize("before", ["\n", "\t", "path\n", "\x07", "\\"])
def test_a_value_in_escaped_text(before: str) -> None:
    """Else a key at the beginning of a line goes out as soon as its text is shown as JSON."""
    for kind, value in secret_values(1).items():
        if kind in ("pem", "json"):  # of more lines, or with quotes
            continue
        for text in (json.dumps({"a": f"x{before}{value}\n"}), repr(f"x{before}{value}\n")):
            assert core(kind, value) not in without_secrets(text)[0], (kind, text)


@pytest.mark.parametrize(
    "text", ["/home/ada/projects/sales/{}", "https://{}@example.com/a/repository", "{}/a/b/c.txt"]
)
def test_a_key_of_a_known_form_in_a_path(text: str) -> None:
    """Else a key whose letters do not look random goes out because of the words around it."""
    key = "ghp_" + "abcdefghijklmnopqrstuvwxyzabcdef0123"
    assert without_secrets(text.format(key)) == (text.format("‹withheld›"), 1)


ODD = [
    *("a", "a.", "a:", "a-", "A ", "key=", 'x:"', 'x="""', "eyJ", "sk-", "://", "://a:", "'", "a["),
    *("a: b", "--", "--password ", "Bearer ", "?sig=", "-----BEGIN ", "password=", "token: '"),
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_do_not_hang(odd: str) -> None:
    """Else one long output makes each look take minutes. `make bench` has the growth."""
    without_secrets(odd * (24_000 // len(odd)))
    without_secrets("://" + odd * (24_000 // len(odd)))


def test_long_random_words() -> None:
    """Else a key of a kind that nobody knows goes to the model."""
    missed = sum(without_secrets(random_word(n, WORD, 40))[1] == 0 for n in range(2_000))
    assert missed <= 20


#: Paths with random names, as `tempfile`, pytest, macOS, uv and Nix make them.
PATHS = [
    "/tmp/jupyter-claude-demo-{a}/",
    "/tmp/tmp{a}/{b}/{c}.csv",
    "/tmp/tmp{a}/tmp{b}/tmp{c}/analysis",
    "/tmp/pytest-of-root/pytest-152/test_x0/tmp{a}/data",
    "~/{a}-{b}/{c}/venv/bin/python3",
    "../{a}/{b}/{c}/{d}/x.py",
    "C:/Users/me/AppData/Local/Temp/tmp{a}/tmp{b}/x",
    "/home/me/.cache/uv/archive-v0/{uv}/lib/x.py",
    "/nix/store/{nix}-python3-3/lib/site/x.py",
    "/private/var/folders/zz/{mac}/T/tmp{a}/x",
]


@pytest.mark.parametrize("path", PATHS)
def test_random_names_in_a_path_stay(path: str) -> None:
    """Else "@error" says that something was withheld, for the name of a temporary folder."""
    small = string.ascii_lowercase + string.digits
    for seed in range(500):
        names = {name: random_word(4 * seed + n, small + "_", 8) for n, name in enumerate("abcd")}
        names["uv"] = random_word(seed, WORD + "-_", 21)
        names["nix"] = random_word(seed, "0123456789abcdfghijklmnpqrsvwxyz", 32)
        names["mac"] = random_word(seed, small + "_", 30)
        text = f'File "{path.format(**names)}", line {seed}, in <module>'
        assert without_secrets(text) == (text, 0)


@pytest.mark.parametrize(
    ("path", "letters", "length"),
    [
        ("/home/me/keys/{}", WORD, 40),
        ("/home/me/keys/{}/x.txt", WORD, 40),
        ("~/keys/{}/x.txt", WORD + "+/", 44),  # Base64, which has slashes in it
        ("/{}", WORD + "+/", 44),
        ("/v1/{}/send", string.ascii_lowercase + string.digits, 40),
        ("https://example.com/hooks/{}", WORD, 40),
        ("/var/folders/zz/{}/T", WORD, 40),
    ],
)
def test_a_secret_in_a_path(path: str, letters: str, length: int) -> None:
    """Else a key in an address, or in a file's name, goes to the model."""

    def found(form: str) -> int:
        secrets = [random_word(seed, letters, length) for seed in range(400)]
        shown = [without_secrets(f"see {form.format(secret)} there")[0] for secret in secrets]
        return sum(secret not in text for secret, text in zip(secrets, shown, strict=True))

    # Nearly as often as where it stands alone, which depends on its letters.
    assert found("{}") > 320
    assert found(path) > found("{}") - 25


@pytest.mark.parametrize(
    "text",
    [
        "d41d8cd98f00b204e9800998ecf8427e",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "123e4567-e89b-12d3-a456-426614174000",
        "/home/user/projects/2024/analysis/results_final_version_2/output.csv",
        "SomeVeryLongClassNameInALibraryWithManyWords",
        "some_very_long_function_name_in_a_library_with_many_words_2",
        "https://example.com/path/to/something?page=2&sort=asc",
        "sklearn.model_selection._search.GridSearchCV",
        "tokens: 512, max_tokens=1024, key=lambda x: x",
        "for key in keys: print(key)",
        "token = tokenizer.decode(ids)",
        "api_key = get_key()",
        "password: str",
        "------------------------------------------------------------",
        "3.14159265358979323846264338327950288419716939937510",
        "mean    std    min    25%    50%    75%    max",
    ],
)
def test_plain_texts_stay(text: str) -> None:
    """Else looks are full of holes where there was no secret."""
    assert without_secrets(text) == (text, 0)


def looker_with(values: dict[str, Any], *hidden: str) -> tuple[Looker, Shell]:
    shell = Shell()
    recorder = Recorder(shell)
    recorder.start()
    names = Hidden()
    names.hide(*hidden)
    return Looker(lambda: values, recorder, names), shell


def everything(looker: Looker, values: dict[str, Any]) -> str:
    """Return all that the model and the user's cards can get."""
    looks = [looker.variables(), looker.outputs(20), looker.recent(20)]
    for name, value in values.items():
        looks += [looker.inspect(name), looker.inspect(name, 50), looker.look_at(name, value)]
    return "\n".join(look.title + look.text + "".join(look.withheld) for look in looks)


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10**9))
def test_no_secret_of_any_kind_in_any_place(seed: int) -> None:
    """Else a key goes to the model because of the container, column or output it is in."""
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    xr = pytest.importorskip("xarray")
    for kind, secret in secret_values(seed).items():
        values = {
            "plain": secret,
            "text": f"see {secret} there",
            "long": "x " * 100 + secret,
            "data": secret.encode(),
            "a_list": [1, [secret, [secret]], (secret,), {secret}],
            "a_dict": {"a": secret, "b": {"c": [secret]}, secret: 1},
            "array": np.array([secret, "x"]),
            "objects": np.array([secret, None], dtype=object),
            "frame": pd.DataFrame({"a": [1, 2], "b": ["x", secret], secret: [1, 2]}),
            "category": pd.Series([secret, "x"], dtype="category"),
            "index": pd.DataFrame({"a": [1]}, index=[secret]),
            "polars": pl.DataFrame({"b": ["x", secret]}),
            "arrow": pa.table({"b": ["x", secret]}),
            "dataset": xr.Dataset({"a": ("x", [1])}, attrs={"note": secret}),
            "function": _documented(secret),
        }
        looker, shell = looker_with(values)
        shell.run(f"x = {secret!r}", show=partial(shell.display, {"text/plain": secret}))
        shell.run(f"# {secret}\nfail()", error=ValueError(secret))
        assert core(kind, secret) not in everything(looker, values), kind


def _documented(text: str) -> Any:
    def function() -> None: ...

    function.__doc__ = text
    return function


def test_a_secret_name_in_any_place() -> None:
    """Else a password that looks like a word goes to the model."""
    pd = pytest.importorskip("pandas")
    values = {
        "password": "hunter-two",
        "config": {"user": "ada", "password": "correct-horse", "deep": {"api_key": "plain-word"}},
        "users": pd.DataFrame({"name": ["Ada"], "password": ["staple-1"], "n": [1]}),
        "again": "hunter-two",
        "inside": ["hunter-two", "see hunter-two"],
    }
    looker, shell = looker_with(values)
    shell.run('password = "hunter-two"; login(password="battery-3")')
    shell.run("print(password)", show=lambda: shell.display({"text/plain": "'hunter-two'"}))
    shell.run("fail(password)", error=ValueError("wrong: hunter-two"))
    text = everything(looker, values)
    for secret in ("hunter", "horse", "plain-word", "staple", "battery"):
        assert secret not in text
    assert "Ada" in text and "ada" in text
    assert looker.inspect("config").withheld == (
        "config['password']",
        "config['deep']['api_key']",
    )
    assert looker.inspect("users", 3).withheld == ("users['password']",)
    assert "password: ‹withheld›" in looker.variables().text


def test_what_the_user_hides() -> None:
    """Else `claude.hide` hides a name, and the thing is seen under another one."""
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    frame = pd.DataFrame({"salary": [52_013]})
    array = np.array([52_013, 1])
    values = {
        "salaries": frame,
        "numbers": array,
        "customer_list": ["Lovelace", {"name": "Hopper"}],
        "other": frame,
        "inside": [frame, {"a": frame}],
        "view": array[:1],
        "column": frame["salary"],
        "matrix": frame.to_numpy(),
        "of_view": pd.DataFrame(array.reshape(1, 2), copy=False),
        "members": ["Lovelace", "no"],
        "text": "ask Lovelace or Hopper",
        "Out": {2: frame.sum(), 3: 52_013},
    }
    looker, shell = looker_with(values, "salaries", "numbers", "customer*")
    shell.run('customer_list = ["Lovelace", 52013]')
    shell.run("salaries.sum()", show=lambda: shell.result({"text/plain": "salary 52013"}))
    shell.run("other['salary'][0]", show=lambda: shell.result({"text/plain": "52013"}))
    shell.run("plot(numbers)", show=lambda: shell.display({"image/png": "iVBORw=="}))
    shell.run("other.x", error=KeyError("salary 52013"))
    shell.run("customer_list", show=lambda: shell.result({"text/plain": "['Lovelace']"}))
    del values["Out"]
    text = everything(looker, values)
    values["Out"] = {2: frame.sum(), 3: 52_013}
    text += "".join(look.title + look.text for look in (looker.output(2), looker.output(3)))
    for secret in ("52013", "52,013", "Lovelace", "Hopper"):
        assert secret not in text
    assert not [part for part in looker.outputs(20).parts if not isinstance(part, str)]
    assert "failed: KeyError ‹withheld›, because its code uses other" in looker.recent().text
    for name in ("other", "view", "column", "matrix", "of_view"):
        assert looker.inspect(name, 5).withheld == (name,), name
    assert looker.inspect("salaries").title == "salaries: ‹withheld›"


def test_shared_things_are_not_hidden_with_a_name() -> None:
    """Else to hide one number hides each number and None."""
    values = {"limit": 1, "nothing": None, "flag": True, "kind": int, "x": 1, "y": None, "z": True}
    looker, _ = looker_with(values, "limit", "nothing", "flag", "kind")
    text = looker.variables().text
    assert "x: int: 1" in text and "y: None" in text and "z: bool: True" in text


def test_a_value_that_is_written_in_another_way() -> None:
    """Else a password with a quote or an umlaut is in printed JSON, or in an address."""
    secret = 'pa"ss-w\xf6rd1'
    marks = Marks({"db_password": secret}, Hidden())
    texts = [repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False)]
    for text in (text[1:-1] for text in texts):
        assert marks.without(f"'{text}'") == (f"'{WITHHELD}'", 1)
    address = f"db://me:{quote(secret, '')}@host"
    assert marks.without(address) == (f"db://me:{WITHHELD}@host", 1)


def test_a_password_that_is_a_word_leaves_other_words() -> None:
    """Else the password "test" spoils recorded code, and files with "latest" are not recorded."""
    marks = Marks({"password": "test"}, Hidden())
    plain = "X_test = train_test_split(latest, tested)"
    assert marks.without(plain) == (plain, 0)
    assert marks.without("user:test@host 'test'") == (f"user:{WITHHELD}@host '{WITHHELD}'", 2)
    for text in (json.dumps("a\ntest\n"), "\x1b[31mtest\x1b[0m", "\ttest", "test"):
        assert marks.without(text) == (text.replace("test", WITHHELD), 1)


def test_thousands_of_secrets() -> None:
    """Else the last of many keys is seen, or a look at a table takes seconds."""
    values: dict[str, Any] = {f"api_key_{n}": f"plain-{n}-word" for n in range(5_000)}
    values["text"] = "first plain-0-word, last plain-4999-word, plain-no-word"
    looker, _ = looker_with(values)
    shown = 'text: str: "first ‹withheld›, last ‹withheld›, plain-no-word"'
    assert shown in looker.inspect("text").text


def test_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else `print(os.environ)` in a cell sends the machine's keys to the model."""
    import os

    monkeypatch.setenv("SERVICE_API_KEY", "quiet-river-77")
    values = {"env": os.environ, "copy": dict(os.environ), "text": "key is quiet-river-77"}
    looker, shell = looker_with(values)
    shell.run("env", show=lambda: shell.display({"text/plain": "x=quiet-river-77"}))
    assert "quiet-river" not in everything(looker, values)


def test_the_shell_s_folder_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the paths of each traceback are withheld, since PWD sounds like a password."""
    monkeypatch.setenv("PWD", "/home/ada/course-2025")
    monkeypatch.setenv("OLDPWD", "/srv/data-2024")
    monkeypatch.setenv("DB_PWD", "/quiet-river-77")
    text = "/home/ada/course-2025/a.py reads /srv/data-2024 with /quiet-river-77"
    looker, _ = looker_with({"text": text})
    shown = "/home/ada/course-2025/a.py reads /srv/data-2024 with ‹withheld›"
    assert shown in looker.inspect("text").text


def test_a_secret_at_the_cut() -> None:
    """Else the first half of a key is seen, where a long text is cut in its middle."""
    secret = secret_values(5)["anthropic"]
    for before in range(60, 130, 6):
        looker, _ = looker_with({"text": "x" * before + " " + secret + " y" * 5_000})
        assert secret[:14] not in looker.variables().text + looker.inspect("text").text


def test_a_secret_at_a_cut_of_what_was_printed() -> None:
    """Else the second half of a key is seen, where the beginning of an output is left out."""
    secret = "sk-" + "plainletters" * 4  # of which no half looks like a secret
    for length in range(3_950, 4_010, 7):
        looker, shell = looker_with({})
        shell.run("x")
        _last(looker).printed.add("a" * 3_000 + " " + secret + " " + "b " * (length // 2))
        assert "plainletters" not in looker.outputs().text
    data, _ = looker_with({"data": b"x" * 30 + b" " + secret.encode()})
    assert "sk-" not in data.inspect("data").text


def _last(looker: Looker) -> Any:
    return looker._recorder.record.cells[-1]


SOURCES = [
    'password = "hunter2"',
    "a, password = 1, 'hunter2'",
    'os.environ["DB_PASSWORD"] = "hunter2"',
    "os.environ.setdefault('DB_PASSWORD', 'hunter2')",
    'connect(user="x", password="hunter2")',
    'config = {"password": "hunter2"}',
    'password: str = "hunter2"',
    'if password == "hunter2": pass',
    'def f(password="hunter2"): pass',
    'x.password = f"hunter2{1}"',
    "password = '''hunter2'''",
    "password = (\n    'hunter2'\n)",
    "password = 'hun' 'ter2 hunter2'",
    "%env PASSWORD=hunter2",
    "!mysql --password=hunter2",
    "!mysql --password hunter2",
    "%%bash\nexport DB_PASSWORD=hunter2",
    "password = 'hunter2",
    "é = 'é'; password = 'hunter2'  # é",
    "client.set_password('hunter2')",
    "(password := 'hunter2')",
    "%%claude\nmy password: hunter2",
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_password_in_a_source(source: str) -> None:
    """Else the cell that sets a password sends it to the model."""
    looker, shell = looker_with({})
    shell.run(source)
    look = looker.recent()
    assert "hunter2" not in look.text
    assert "‹withheld›" in look.text and look.withheld


def test_a_source_stays_readable() -> None:
    """Else Claude cannot read the user's code, because too much of it is withheld."""
    source = (
        'api_key = os.environ["API_KEY"]\nkey = getenv("TOKEN")\nfor key in sorted(d, key=len):\n'
        "    tokens = tokenizer(text)  # 5 tokens\nmodel.fit(x, y)\ndf.merge(b, left_key='id')"
    )
    looker, shell = looker_with({})
    shell.run(source)
    assert source in looker.recent().text
