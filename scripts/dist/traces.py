"""Whether the archives hold traces of the machine that built them."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from scripts.dist.archives import Files

#: Folders that only some machine has. A name such as `/home/ann` stands in tests and examples.
_EXAMPLES = "ada|ann|bob|eve|user|you|me|jovyan|joe|alice|somebody|x"
HOMES = re.compile(
    rb"file:///[A-Za-z]|(?:/home/|/Users/|C:\\+Users\\+)(?!(?:"
    + _EXAMPLES.encode()
    + rb")\b)[A-Za-z][\w.-]*[/\\]"
)


def of_archive(files: Files, folders: Iterable[Path]) -> list[str]:
    """Return where `folders`, this machine's name or its registries stand in the files."""
    own = [str(folder).encode() for folder in folders] + [each.encode() for each in _names()]
    faults = []
    for name, content in files.items():
        if any(text in content or text in name.encode() for text in own):
            faults.append(f"{name} names a folder, the name or a registry of this machine")
        elif "/tests/" not in name and "/test/" not in name:
            faults += [
                f"{name} has the path {found.decode()}" for found in set(HOMES.findall(content))
            ]
    return faults


def _names() -> list[str]:
    """Return the name of this machine, and the hosts of the registries that it is set to use."""
    names = {socket.gethostname()}
    for variable, value in os.environ.items():
        if re.search(r"(?i)index_url|default_index|npm_config_registry", variable):
            names.add(urlsplit(value).hostname or "")
    return [name for name in names - {"localhost"} if len(name) > 5]
