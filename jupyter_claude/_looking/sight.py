"""`Sight`: what one look may show. It withholds secrets, and remembers what it withheld."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._text import exact, exact_line
from .classes import bases, full_name
from .hidden import Marks
from .look import WITHHELD
from .secrets import secret_name, without_secrets, without_values

#: Characters that are searched beyond the shown ones: a secret may begin before the cut.
_BEYOND = 4_096

#: Classes whose objects have secrets, by the beginning of their full name.
_SECRET_CLASSES = (
    "os._Environ",
    "pydantic.types.Secret",
    "pydantic.v1.types.Secret",
    "pydantic_core._pydantic_core.Secret",
    "requests.sessions.",
    "requests.auth.",
    "requests.cookies.",
    "http.cookiejar.",
    "http.cookies.",
    "httpx.Client",
    "httpx.AsyncClient",
    "httpx._client.",
    "httpx._auth.",
    "aiohttp.client.ClientSession",
    "aiohttp.helpers.BasicAuth",
    "urllib3.poolmanager.",
    "sqlalchemy.engine.",
    "sqlalchemy.orm.session.",
    "sqlalchemy.ext.asyncio.",
    "psycopg",
    "pymysql.",
    "MySQLdb.",
    "asyncpg.",
    "pymongo.",
    "redis.",
    "snowflake.connector.",
    "databricks.",
    "boto3.",
    "botocore.",
    "aiobotocore.",
    "s3fs.",
    "google.auth.",
    "google.oauth2.",
    "google.cloud.",
    "azure.",
    "msal.",
    "paramiko.",
    "fabric.",
    "keyring.",
    "hvac.",
    "ssl.",
    "_ssl.",
    "OpenSSL.",
    "cryptography.",
    "Crypto.",
    "nacl.",
    "jwcrypto.",
    "openai.OpenAI",
    "openai.AsyncOpenAI",
    "openai._client.",
    "anthropic.Anthropic",
    "anthropic._client.",
    "github.MainClass.",
    "github.Auth.",
    "slack_sdk.",
    "twilio.",
    "stripe.",
    "tweepy.",
    "praw.",
    "kubernetes.client.",
    "docker.client.",
    "smtplib.",
    "imaplib.",
    "ftplib.",
    "netrc.",
    "oauthlib.",
    "requests_oauthlib.",
    "authlib.",
)


class Sight:
    """What one look may show, and what it kept back.

    Parameters
    ----------
    marks : Marks
        The things that are kept back wherever they appear.
    """

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self._withheld: dict[str, None] = {}
        self._memory: set[int] | None = None

    @property
    def withheld(self) -> tuple[str, ...]:
        """What was kept back, in order."""
        return tuple(self._withheld)

    def withhold(self, path: str) -> str:
        """Note that something is kept back, and return what is shown in its place."""
        name, _ = without_secrets(self.marks.without(path)[0])  # a key may be a secret itself
        self._withheld[exact_line(name)] = None
        return WITHHELD

    def keeps_back(self, thing: object, path: str) -> bool:
        """Whether a thing is kept back by itself: hidden, or of a class that has secrets."""
        if self.marks.marks(thing) or has_secrets(thing):
            self.withhold(path)
            return True
        return False

    def memory(self, of: Callable[[Any], set[int]]) -> set[int]:
        """Return the memory of all things that are kept back, as `of` finds that of one."""
        if self._memory is None:
            self._memory = set().union(*map(of, self.marks.things))
        return self._memory

    def keeps_back_cell(self, source: str, path: str) -> str:
        """Return the hidden name in a cell's source; "" if what the cell shows may be shown."""
        name = self.marks.hidden_in(source)
        if name:
            self.withhold(path)
        return name

    def keeps_back_name(self, name: object, thing: object, path: str) -> bool:
        """Whether what has this name, key or column label is kept back."""
        if type(name) is not str or type(thing) is bool or thing is None:
            return False
        if secret_name(name) or self.marks.hidden.hides(name):
            self.withhold(path)
            return True
        return False

    def text(self, text: str, path: str, most: int) -> str:
        """Return at most `most` characters of a program's text, with secrets withheld.

        Characters that hide or reorder text become marks.
        """
        shown, found = self.marks.without(text[: most + _BEYOND])
        shown, more = without_secrets(shown)
        if found + more:
            self.withhold(path)
        if len(text) > most + _BEYOND or len(shown) > most:
            shown = shown[:most] + "…"
        return exact(shown)

    def swept(self, text: str) -> str:
        """Return a finished text without the values that something has missed until now."""
        shown, found = self.marks.without(text)
        shown, more = without_values(shown)
        if found + more:
            self.withhold("a value")
        return shown

    def end(self, text: str, path: str, most: int) -> str:
        """Return the last characters of such a text. It is searched before it is cut."""
        shown = self.text(text, path, len(text))
        return shown if len(shown) <= most else "…" + shown[-most:]

    def line(self, text: str, path: str, most: int) -> str:
        """Return such a text on one line."""
        return exact_line(self.text(text, path, most))


def has_secrets(thing: object) -> bool:
    """Whether a thing's class, or one of its bases, is one that has secrets."""
    return any(full_name(cls).startswith(_SECRET_CLASSES) for cls in bases(type(thing)))


def key_path(path: str, key: Any) -> str:
    """Return how the user writes a member of what `path` names."""
    if type(key) is str:
        return f"{path}[{key[:60]!r}]"
    return f"{path}[{key}]" if type(key) is int and key.bit_length() < 64 else f"{path}[…]"
