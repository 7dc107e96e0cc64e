"""`Touches`: whether code uses a shell, files or the network, and whether it hides code."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from typing import Any, Literal

Touch = Literal["shell", "files", "network"]

_URL = re.compile(r"(https?|ftps?|sftp|s3a?|gs|gcs|az|abfss?|hf|ssh|wss?)://", re.IGNORECASE)

#: What modules do, as regular expressions of dotted names.
_MODULES: dict[str, str] = {
    "shell": r"""
        subprocess\..*
        | os\.(system|popen|exec\w+|spawn\w+|posix_spawnp?|startfile|fork|forkpty|kill)
        | pty\..* | pexpect\..* | sh\..* | plumbum\..* | invoke\..* | fabric\..*
        | asyncio\.create_subprocess_\w+ | (anyio|trio)\.(run|open)_process
        | IPython\.utils\.process\..*
    """,
    "files": r"""
        open | (io|codecs|gzip|bz2|lzma|tokenize|aiofiles)\.open
        | os\.(remove|unlink|rename|renames|replace|mkdir|makedirs|rmdir|removedirs|listdir|scandir
               |walk|fwalk|l?stat|access|chmod|l?chown|link|symlink|readlink|truncate|open|fdopen
               |chdir|utime|mkfifo|sendfile|statvfs)
        | os\.path\.(exists|lexists|isfile|isdir|islink|ismount|getsize|getmtime|samefile|realpath)
        | (shutil|glob|tempfile|zipfile|tarfile|shelve|dbm|fileinput|filecmp|mmap)\..*
        | sqlite3\.connect | duckdb\..* | logging\.FileHandler | configparser\..*\.read
        | numpy\.(load|save|savez|savez_compressed|loadtxt|savetxt|genfromtxt|fromfile|memmap)
        | pandas\.(read_\w+|ExcelFile|ExcelWriter|HDFStore) | polars\.(read|scan)_\w+
        | matplotlib\.(pyplot|image)\.(imread|imsave|savefig) | PIL\.Image\.open
        | (torch|joblib|dill|cloudpickle)\.(save|load|dump) | h5py\.File | netCDF4\.Dataset
        | xarray\.(open|load|save)_\w+ | zarr\..* | pyarrow\.(parquet|csv|feather|json|orc|fs)\..*
        | (cv2|imageio|skimage\.io)\.(im\w+|mim\w+) | soundfile\..* | openpyxl\..*load_workbook
        | geopandas\.(read_\w+) | fsspec\..*
    """,
    "network": r"""
        (requests|urllib3|httpx|aiohttp|socket|ssl|ftplib|smtplib|imaplib|poplib|telnetlib|nntplib
         |socketserver|websockets?|paramiko|asyncssh|boto3|botocore|aioboto3|openai|anthropic|wget
         |huggingface_hub|kaggle|yfinance|gdown|pooch|psycopg2?|asyncpg|pymysql|pymongo|redis|pyodbc
         |snowflake|s3fs|gcsfs|adlfs|grpc|zmq|pycurl|mcp|cohere|wandb|mlflow|webbrowser|pika
         |elasticsearch|feedparser|tweepy|praw|selenium|playwright)\..*
        | urllib\.request\..* | urllib\.urlopen | http\.(client|server)\..* | xmlrpc\..*
        | mysql\..* | google\.(cloud|colab|auth)\..* | azure\..*
        | sqlalchemy\.create_(async_)?engine
        | pandas\.(read_sql\w*|read_gbq) | asyncio\.(open_connection|start_server|open_unix_\w+)
        | (datasets|seaborn|tensorflow_datasets)\.load(_dataset)? | nltk\.download | torch\.hub\..*
        | sklearn\.datasets\.fetch_\w+ | spacy\.cli\.download | claude_agent_sdk\..*
        | jupyter_claude_sdk\..*
    """,
}
_HIDDEN_MODULES = r"""
    exec | eval | compile | __import__ | execfile | (importlib|runpy|imp|code|codeop|ctypes)\..*
    | (pickle|dill|cloudpickle|joblib|marshal|shelve)\.(loads?|Unpickler|open) | types\.CodeType
    | builtins\.(exec|eval|compile|__import__) | sys\.(settrace|setprofile|addaudithook)
"""
#: Methods that say by their name what they do, whatever the object is.
_METHODS: dict[str, str] = {
    "files": r"""
        read_(text|bytes) | write_(text|bytes) | unlink | touch | iterdir | r?glob | mkdir | rmdir
        | (sym|hard)link_to | savefig | tofile | extractall | to_(csv|parquet|excel|pickle|json|hdf
        |feather|stata|orc|xml|netcdf|zarr|file|disk) | save_(pretrained|model|weights)
        | write_(csv|parquet|json|ndjson|excel|ipc|ipc_stream|avro|delta|database|image|html)
        | sink_\w+ | load_state_dict_from_\w+
    """,
    "network": r"from_pretrained | push_to_hub | urlopen | to_gbq",
}


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(f"(?:{text})", re.VERBOSE)


_USES = {touch: _pattern(text) for touch, text in _MODULES.items()}
_CALLED = {touch: _pattern(text) for touch, text in _METHODS.items()}
_HIDES = _pattern(_HIDDEN_MODULES)
_TAKES_URL = re.compile(r"read_|scan_|imread|open|load|glob")
#: Objects of the user's namespace that are what their names say; no code of the user makes names.
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)


class Touches:
    """What code was seen to use.

    Parameters
    ----------
    namespace : Mapping
        The user's namespace, which says what a name stands for.

    Attributes
    ----------
    seen : set of str
        ``shell``, ``files``, ``network``.
    hidden : bool
        Whether it runs code that cannot be seen.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.seen: set[str] = set()
        self.hidden = False
        self._namespace = namespace
        self._imported: dict[str, str] = {}
        self._own: set[str] = set()
        self._urls: set[str] = set()

    def imports(self, name: str, module: str) -> None:
        """Note that a name stands for a module or something in a module."""
        self._imported[name] = module
        self._own.discard(name)

    def assigns(self, name: str, value: object) -> None:
        """Note that a name is bound to a constant, or to None for something else."""
        self._imported.pop(name, None)
        self._own.add(name)
        self._urls.discard(name)
        if is_url(value):
            self._urls.add(name)

    def uses(self, dotted: list[str]) -> None:
        """Look at a dotted name, such as ``pd.read_csv``."""
        name = self.full_name(dotted)
        for touch, pattern in _USES.items():
            if pattern.fullmatch(name):
                self.seen.add(touch)
        if _HIDES.fullmatch(name):
            self.hidden = True
        if len(dotted) > 1:
            self.calls_method(dotted[-1])

    def calls_method(self, method: str) -> None:
        """Look at the name of a method of any object."""
        for touch, pattern in _CALLED.items():
            if pattern.fullmatch(method):
                self.seen.add(touch)

    def gives(self, function: str, argument: object) -> None:
        """Look at an argument: a constant, or the name of a variable in a list of one."""
        if not _TAKES_URL.search(function):
            return
        if isinstance(argument, list):
            (name,) = argument
            known = name in self._urls
            value = self._namespace.get(name)
            argument = "http://" if known else value if type(value) is str else None
        if is_url(argument):
            self.seen.add("network")

    def full_name(self, dotted: list[str]) -> str:
        """Return a dotted name with its module: ``pandas.read_csv``; "" for other objects."""
        first = dotted[0]
        module = self._imported.get(first, "")
        if not module and first not in self._own:
            if first in self._namespace:
                module = _full_name(first, self._namespace[first])
            elif len(dotted) == 1:
                module = first  # a builtin function
        return ".".join([module, *dotted[1:]]) if module else ""


def is_url(value: object) -> bool:
    """Whether a value is the text of a URL of the network."""
    return type(value) is str and bool(_URL.match(value))


def _full_name(name: str, value: Any) -> str:
    """Return the full name of a module or a function of the namespace; "" for other objects."""
    if type(value) is types.ModuleType:
        return str(vars(value).get("__name__", name))
    if type(value) is type:
        module = type.__dict__["__module__"].__get__(value)
        own = type.__dict__["__name__"].__get__(value)
    elif type(value) in _FUNCTIONS:
        module, own = value.__module__, value.__name__
    else:
        return ""
    if not isinstance(module, str):
        return ""
    if name == "open" and module.partition(".")[0] in ("IPython", "io", "_io"):
        return name  # IPython has its own
    return str(own) if module == "builtins" else f"{module}.{own}"
