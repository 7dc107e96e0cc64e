"""The front end's own code, run by Node in tests that compare it with Python's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

FRONT_END = Path(__file__).parents[1] / "labextension"


#: What programs that draw need of a page.
_PAGE = """\
import { createRequire } from "node:module";
const { window } = new (createRequire(FRONT + "/")("jsdom").JSDOM)("");
Object.assign(globalThis, { window });
const names = "document Node Element HTMLElement Text DocumentFragment Event CustomEvent";
for (const name of names.split(" ")) globalThis[name] = window[name];
"""


def run(program: str, given: Any, folder: Path, *, page: bool = False) -> Any:
    """Run a program of TypeScript and return what it makes of `given`.

    Parameters
    ----------
    program : str
        Its imports are relative to ``labextension/``; it ends with ``main(given => …)``.
    given : Any
        Goes to the program, as JSON.
    folder : Path
        A scratch folder.
    page : bool, default False
        Whether the program draws, in a page of jsdom's.
    """
    banner = _PAGE.replace("FRONT", json.dumps(str(FRONT_END))) if page else ""
    source = f"""\
import {{ readFileSync }} from "node:fs";
const main = (make: (given: any) => unknown) =>
  process.stdout.write(JSON.stringify(make(JSON.parse(readFileSync(0, "utf8")))), () =>
    process.exit(),
  ); // what waits for an idle page would wait for ever
{program}
"""
    (folder / "build.mjs").write_text(
        f"""\
import {{ createRequire }} from "node:module";
import {{ readFileSync }} from "node:fs";
const front = {json.dumps(str(FRONT_END))};
const {{ buildSync }} = createRequire(front + "/")("esbuild");
buildSync({{
  stdin: {{ contents: readFileSync(0, "utf8"), loader: "ts", resolveDir: front }},
  bundle: true, platform: "node", format: "esm", outfile: {json.dumps(str(folder / "made.mjs"))},
  banner: {{ js: {json.dumps(banner)} }},
}});
"""
    )
    subprocess.run(["node", folder / "build.mjs"], input=source, text=True, check=True)
    made = subprocess.run(
        ["node", folder / "made.mjs"],
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(made.stdout)
