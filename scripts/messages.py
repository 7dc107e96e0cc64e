"""Make TypeScript of the messages that `jupyter_claude._protocol` defines.

Usage: .venv/bin/python -m scripts.messages [--check]

pydantic makes JSON Schema of the definitions, and json-schema-to-typescript makes TypeScript of
that. With ``--check`` it writes nothing: the exit status is 0 if the file is up to date.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
import typing
from typing import Any, Literal, Union, cast

import typing_extensions

if sys.version_info < (3, 12):
    # Before Python 3.12 pydantic reads only this one. The modules that each kernel loads use
    # typing's, because importing it costs nothing.
    setattr(typing, "TypedDict", typing_extensions.TypedDict)  # noqa: B010

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from jupyter_claude import _protocol
from scripts.setup import ROOT

FRONT_END = ROOT / "labextension"
TARGET = FRONT_END / "src" / "messages.generated.ts"
#: The command that writes the file.
COMMAND = ".venv/bin/python -m scripts.messages"


class Schema(GenerateJsonSchema):
    """JSON Schema as json-schema-to-typescript reads it."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave titles out: each would become a separate type."""
        return False

    def tuple_schema(self, schema: Any) -> dict[str, Any]:
        """Name a tuple's items as JSON Schema did before version 2020-12."""
        made = super().tuple_schema(schema)
        made["items"] = made.pop("prefixItems")
        return made


def definitions() -> dict[str, Any]:
    """Return the definitions of the modules of `_protocol`, by name."""
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(_protocol.__path__):
        names = vars(importlib.import_module(f"{_protocol.__name__}.{module.name}"))
        for name, kind in names.items():
            is_union = isinstance(kind, typing_extensions.TypeAliasType)
            if name.startswith("_") or not (is_union or typing_extensions.is_typeddict(kind)):
                continue
            if found.setdefault(name, kind) is not kind:
                raise SystemExit(f"error: two messages have the name {name}.")
    return found


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the definitions."""
    config = ConfigDict(use_attribute_docstrings=True)
    # In a union, because pydantic configures a TypedDict only from outside.
    kinds: list[tuple[str, Literal["validation"], TypeAdapter[Any]]] = [
        (name, "validation", TypeAdapter(cast(Any, Union[kind, None]), config=config))
        for name, kind in definitions().items()
    ]
    _, made = TypeAdapter.json_schemas(kinds, schema_generator=Schema)
    written = json.dumps(made)
    # The generator makes TypeScript only of definitions that something names.
    unnamed = [name for name in made["$defs"] if f'"#/$defs/{name}"' not in written]
    return {
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in unnamed},
        "required": unnamed,
        **made,
    }


def typescript() -> str:
    """Return the definitions as TypeScript."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("error: the messages are made with Node, which is not on PATH.")
    return subprocess.run(
        [node, "messages.mjs"],
        cwd=FRONT_END,
        input=json.dumps(schema()),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def main() -> int:
    """Write the file, or check it."""
    made = typescript()
    if "--check" not in sys.argv:
        TARGET.write_text(made, encoding="utf-8")
    elif not TARGET.is_file() or TARGET.read_text("utf-8") != made:
        name = TARGET.relative_to(ROOT)
        print(f"{name} is not what jupyter_claude/_protocol defines: run {COMMAND}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
