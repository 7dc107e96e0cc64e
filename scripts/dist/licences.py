"""Whether the licences of all that is bundled come along."""

from __future__ import annotations

import json
import re

from scripts.dist.archives import Files, metadata

NOTICES = "widget.licenses.txt"
#: What JupyterLab's builder writes about the packages that it bundled.
REPORT = "third-party-licenses.json"
BETWEEN = "\n" + "-" * 72 + "\n\n"


def of_wheel(files: Files) -> list[str]:
    """Return the faults: our own licence, and those of the npm packages in the scripts."""
    faults = []
    ours = [name for name in files if name.endswith(".dist-info/licenses/LICENSE")]
    if not ours or b"Copyright" not in files[ours[0]]:
        faults.append("the licence of jupyter_claude itself is missing")
    if "License-Expression: BSD-3-Clause" not in metadata(files, "METADATA"):
        faults.append("the metadata does not say License-Expression: BSD-3-Clause")
    notices = _notices(files)
    unmapped = [
        name
        for name, content in files.items()
        if "/static/" in name
        and name.endswith(".js")
        and f"{name}.map" not in files
        and b"node_modules" in content
    ]
    faults += [f"{name} has no source map, so what it bundles is unknown" for name in unmapped]
    for package in sorted(bundled(files) | _reported(files)):
        text = notices.get(package)
        if text is None:
            faults.append(f"{package} is bundled, and {NOTICES} does not name it")
        elif "opyright" not in text:
            faults.append(f"{package} is bundled, and {NOTICES} does not have its licence's text")
    return faults


def bundled(files: Files) -> set[str]:
    """Return the npm packages in the scripts, as their source maps say."""
    found = set()
    for name, content in files.items():
        if name.endswith(".js.map"):
            for source in json.loads(content)["sources"]:
                match = re.search(r"(?:.*/)?node_modules/((?:@[^/]+/)?[^/]+)/", source)
                if match:
                    found.add(match[1])
    return found


def _reported(files: Files) -> set[str]:
    reports = [json.loads(content) for name, content in files.items() if name.endswith(REPORT)]
    return {each["name"] for report in reports for each in report["packages"]}


def _notices(files: Files) -> dict[str, str]:
    texts = [content.decode() for name, content in files.items() if name.endswith(NOTICES)]
    return {notice.split()[0]: notice for text in texts for notice in text.split(BETWEEN) if notice}
