"""Finds what looks like a secret: by its name, and by its value.

A rule that withholds too much costs a question of the model's. One that withholds too little sends
a key away. So an unknown word before ``key`` or ``token`` counts as a secret's name, and only the
common harmless ones do not.
"""

from __future__ import annotations

import json
import re
import string
from functools import lru_cache
from urllib.parse import quote

from .classes import words
from .look import WITHHELD

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Each of these words makes a name secret.
_ALWAYS = words(
    "secret secrets pwd passwd passphrase passphrases passcode credential credentials "
    "cred creds auth oauth oauth2 authorization authentication cookie cookies private jwt "
    "bearer apikey apikeys otp dsn webhook sessionid csrf xsrf kerberos"
)
#: A word that has one of these in it, such as ``mypassword``.
_WITHIN = re.compile(
    r"passw|pwd$|(?<!un)credential|secret(?!ar|ion|ive|ly)|apikey|authkey|accesskey|secretkey|privatekey"
    r"|sshkey|(access|auth|api|bearer|refresh|bot|csrf|oauth|hf|github|gh|slack)tokens?$"
)
#: With one of these words, a key or token is a key of data or a token of text.
_HARMLESS_KEY = words(
    "by per with has is primary foreign sort sorting group grouping partition index join "
    "merge public cache "
    "dict row column columns col map hash unique composite natural surrogate business "
    "lookup default first last next prev previous left right error errors name names func "
    "function fn press pressed board word words frame frames point points stone note "
    "notes count type types up down event events metric metrics result results feature "
    "features figure findings value values val idx id ids object s3 prefix path order "
    "rank state status level date time year month day region country json xml musical "
    "piano query cursor max min best worst old new other shape size len length"
)
_HARMLESS_TOKEN = words(
    "count counts ids id idx index len length lengths limit limits usage used type types "
    "pos position positions embedding embeddings per max min num n total input output "
    "prompt completion pad eos bos unk mask masks sep cls special start end next prev "
    "previous stop first last word words sub subword freq frequency rate cost costs price "
    "prices vocab budget size sizes text tag tags lemma image sentence current context "
    "cached logits probs"
)
_SECRET_PLURAL = words(
    "api access refresh auth bearer bot secret private session csrf ssh signing "
    "encryption github hf openai anthropic aws azure gcp google stripe slack service "
    "account"
)
_SURE = frozenset(("api", "access", "refresh", "auth", "bearer", "ssh", "signing", "encryption"))
_NUMBERS = frozenset(("count", "counts", "usage", "limit", "num", "n", "max", "min", "type"))
_SECRET_PASS = words(
    "db database user smtp mysql pg postgres admin root ftp mail email login ssh http "
    "proxy redis mongo imap ldap vpn wifi sudo"
)
#: Only a password may be short, or a plain word.
_STRONG = re.compile(r"passw|secret|pwd|passphrase|passcode|credential|private", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def secret_name(name: str) -> bool:
    """Whether a variable, key, column or header with this name has a secret as its value."""
    found = [word.lower() for word in _WORDS.findall(name[:200])]
    if not found:
        return False
    if any(word in _ALWAYS or _WITHIN.search(word) for word in found):
        return True
    if found[-1] == "headers" and {"custom", "otlp"} & set(found):
        return True  # such as ANTHROPIC_CUSTOM_HEADERS, with a key for a gateway
    joined = "".join(found)
    if len(found) > 1 and joined.endswith(("apikey", "apitoken", "apikeys")):
        return True
    others = {word for word in found if not word.isdigit()}
    if others & {"key", "token"} and others & _SURE:
        return not others & _NUMBERS
    if "key" in others:
        rest = others - {"key"}
        return bool(rest) and not rest & _HARMLESS_KEY
    if "token" in others:
        return not others & _HARMLESS_TOKEN
    if others & {"keys", "tokens"}:
        return bool(others & _SECRET_PLURAL) and not others & _NUMBERS
    return found[-1] == "pass" and bool(others & _SECRET_PASS)


def strong_name(name: str) -> bool:
    """Whether a name says so clearly that even a short, plain word is a secret."""
    return _STRONG.search(name) is not None


#: Escapes of JSON and Python before a word, such as a line's end: `\nghp_…`.
WORD_START = r"(?:\b|(?<=\\[abefnrtv])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-fA-F]{4}))"
_VALUES = re.compile(
    rf"""
      (?P<pem>-----BEGIN[ ](?:[A-Z0-9]+[ ])*PRIVATE[ ]KEY(?:[ ]BLOCK)?-----
        .*?(?:-----END[ ][A-Z0-9 ]*KEY(?:[ ]BLOCK)?-----|\Z))
    | (?<=://)[^\s/@:'"<>]{{0,100}}:[^\s/@'"<>]{{1,500}}(?=@)  # user:password of a URL
    # The same without a scheme.
    | (?<![^\s"'=(])[^\s/@:'"<>=(]{{1,100}}:[^\s/@'"<>]{{1,500}}(?=@[\w.-]{{1,253}}:\d)
    | {WORD_START}(?:
        (?:sk|pk|rk)[-_][A-Za-z0-9_-]{{16,}}
      | gh[pousr]_[A-Za-z0-9]{{16,}} | github_pat_[A-Za-z0-9_]{{16,}}
      | gl(?:pat|dt|rt|ptt|ft)-[A-Za-z0-9_-]{{16,}}
      | (?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[0-9A-Z]{{12,}}
      | AIza[0-9A-Za-z_-]{{30,}} | ya29\.[0-9A-Za-z_.-]{{16,}} | GOCSPX-[0-9A-Za-z_-]{{16,}}
      | xox[abeoprs]-[0-9A-Za-z-]{{8,}} | xapp-[0-9A-Za-z-]{{8,}}
      | hooks\.slack\.com/services/[A-Za-z0-9/_]+
      | hf_[A-Za-z0-9]{{16,}} | npm_[A-Za-z0-9]{{16,}} | pypi-[A-Za-z0-9_-]{{16,}}
      | dop_v1_[a-f0-9]{{16,}} | dapi[a-f0-9]{{16,}} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{{16,}}
      | SG\.[A-Za-z0-9_-]{{10,}}\.[A-Za-z0-9_-]{{10,}} | whsec_[A-Za-z0-9+/=]{{16,}}
      | EAACEdEose0cBA[0-9A-Za-z]+ | AGE-SECRET-KEY-[0-9A-Z]{{16,}}
      | eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{4,}}(?:\.[A-Za-z0-9_-]*)?
      )
    | (?<=Bearer[ ])[A-Za-z0-9._~+/=-]{{8,}} | (?<=Basic[ ])[A-Za-z0-9+/=]{{12,}}
    | (?:(?<=AccountKey=)|(?<=SharedAccessKey=)|(?<=SharedAccessSignature=)|(?<=[?&]sig=))[^;&\s'"]+
    """,
    re.VERBOSE | re.DOTALL,
)
#: A word that may be a key of a kind that nobody knows.
_LONG_WORD = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}")
#: `name =` or `"name":` in any text, up to the value.
_GIVEN = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]+)["']?\s{0,3}\]?\s{0,3}
        (?::\s?[A-Za-z_][\w.\[\],|]{0,40}(?:\s\|\s\w+)?\s?(?==))?  # an annotation
        (?:=>|==?|:=|:)\s{0,3}(?:(?:Bearer|Basic|Token)\s)?""",
    re.VERBOSE,
)
#: The value. It ends with its quote, or with its word.
_VALUE = re.compile(
    r"""[rbfuRBFU]{0,2}
        (?:(?P<three>\"\"\"|''')(?P<long>.*?)(?:(?P=three)|\Z)
          |(?P<one>"|')(?P<quoted>(?:[^\\\n]|\\.)*?)(?:(?P=one)|\Z|\n))
      |(?P<bare>[^\s"'`,;&(){}\[\]<>‹]{4,})(?P<call>[(\[]?)""",
    re.VERBOSE | re.DOTALL,
)
_FLAG = re.compile(r"(?P<name>--?[A-Za-z][\w-]{2,40})[ =](?P<value>[^\s'\"-][^\s'\"]{3,})")
_CHANGE = re.compile(r"(?=[a-z][A-Z0-9]|[A-Z][a-z0-9]|[0-9][A-Za-z])")
_VOWEL = re.compile(r"[aeiouAEIOU]")


def written_forms(secret: str) -> set[str]:
    """Return a secret as texts write it: as it is, in JSON, and in an address."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe="", errors="surrogatepass"),  # a variable may have any bytes
    }


def without_values(text: str) -> tuple[str, int]:
    """Return text with the values that look like a secret withheld, and how many there were."""
    # First the known forms: a long word may have one of them in it, as in a path.
    text, found = _VALUES.subn(WITHHELD, text)

    def long_word(match: re.Match[str]) -> str:
        nonlocal found
        word, start = match[0], match.start()
        if not _is_random(word):
            return word
        if _is_harmless_path(word, text[max(0, start - _LONGEST_PATH) : start]):
            return word
        found += 1
        return WITHHELD

    return _LONG_WORD.sub(long_word, text), found


def without_secrets(text: str) -> tuple[str, int]:
    """Return text as `without_values` does, and also without what secret names get in it."""
    text, found = without_values(text)
    parts, start, copied = [], 0, 0
    while given := _GIVEN.search(text, start):
        # A name may stand in what another one gets: `{"a": "password: x"}`.
        start = given.end("name")
        if not secret_name(given["name"][-200:]):
            continue
        span = _secret_span(text, given)
        if span is not None:
            found += 1
            parts += [text[copied : span[0]], WITHHELD]
            start = copied = span[1]
    text = "".join([*parts, text[copied:]])

    def flag(match: re.Match[str]) -> str:
        nonlocal found
        if not secret_name(match["name"]) or match["value"] == WITHHELD:
            return match[0]
        found += 1
        return match[0][: match.start("value") - match.start()] + WITHHELD

    return _FLAG.sub(flag, text), found


def _secret_span(text: str, given: re.Match[str]) -> tuple[int, int] | None:
    """Return where the value is that a secret name gets; None if there is nothing to withhold."""
    value = _VALUE.match(text, given.end())
    if value is None:
        return None
    group = next((group for group in ("long", "quoted", "bare") if value[group]), "")
    if not group or value[group] == WITHHELD:
        return None
    if group == "bare" and (value["call"] or not _may_be_secret(value["bare"], given["name"])):
        return None
    return value.span(group)


def _may_be_secret(word: str, name: str) -> bool:
    """Whether an unquoted word after a secret's name may be its value."""
    if word in ("None", "True", "False", "null", "true", "false", "str", "bytes"):
        return False
    if strong_name(name):
        return True
    return len(word) >= 8 and any(map(str.isdigit, word))


#: The beginning of a path: absolute, of a home folder, or relative with dots. Not of a URL.
_PATH = re.compile(r"(?:/(?!/)|///|~[\w.-]*/|\.{1,2}/)")
_PATH_LETTERS = f"{string.ascii_letters}{string.digits}_.+/@%~-"
_LONGEST_PATH = 300  # characters before a random word
#: Random names that are never a secret: macOS's folder of a user, and Nix's of a package.
_OF_SYSTEM = re.compile(
    r"\A(?:/private)?/var/folders/[\w+]{2}/[a-z\d_+]{20,32}(?=/)|\A/nix/store/[a-z\d]{32}(?=-)"
)
_SHORT_NAME = re.compile(r"[a-z\d_-]{0,24}")  # as `tempfile` makes them


def _is_harmless_path(word: str, before: str) -> bool:
    """Whether a word that looks random is a path whose names look random only together.

    `before` is the text before it. A secret in a path is longer than a temporary folder's name, or
    has capitals.
    """
    lead = before[len(before.rstrip(_PATH_LETTERS)) :]
    if _PATH.match(lead + word) is None:
        return False
    names = _OF_SYSTEM.sub("", word).split("/")
    rest = [name for name in names if _SHORT_NAME.fullmatch(name) is None]
    return not any(map(_is_random, [*rest, "".join(rest)]))


def _is_random(word: str) -> bool:
    """Whether a long word is of random letters and digits, and no name, path or hash.

    Hexadecimal words are shown: most are digests and ids of data.
    """
    letters = re.sub(r"[^A-Za-z0-9]", "", word)
    if len(letters) < 24 or re.fullmatch(r"[0-9a-fA-F]+", letters):
        return False
    if not any(map(str.isdigit, letters)) or len(set(letters)) < 14:
        return False
    # Words in a name begin with one capital and have vowels; random letters change all the time.
    changes = len(_CHANGE.findall(letters)) / (len(letters) - 1)
    vowels = len(_VOWEL.findall(letters)) / len(letters)
    return (
        changes >= 0.55 or (changes >= 0.45 and vowels < 0.36) or (changes >= 0.3 and vowels < 0.25)
    )
