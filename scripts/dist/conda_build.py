"""Builds and tests a recipe with rattler-build, and makes the channel for it.

Usage: python conda_build.py FOLDER, which has python/, versions.json, recipe/ and dist/.
"""

# mypy: ignore-errors
from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import rattler_build as conda
from rattler.index import index_fs
from rattler.platform import Platform


def main(folder: Path) -> None:
    """Make the channel, build the package, and run each of its tests."""
    output = _rendered(folder)
    channel = folder / "channel"
    own = channel / str(Platform.current())
    own.mkdir(parents=True)
    (channel / "noarch").mkdir()
    python = folder / "python"
    said = subprocess.run(
        [python / "bin" / "python3", "-c", "import platform as p; print(p.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    )
    conda.assemble_package(
        *("python", said.stdout.strip(), str(Platform.current()), "0_cpython", own),
        files_dir=python,
        compression_level=1,
    )
    versions = json.loads((folder / "versions.json").read_text("utf-8"))
    needs = output.recipe.to_dict()["requirements"]
    for name in sorted({each.split()[0] for each in needs["host"] + needs["run"]} - {"python"}):
        version = versions[name.replace("_", "-")]
        conda.assemble_package(
            name, version, "noarch", "0", channel / "noarch", files=[], noarch="generic"
        )
    asyncio.run(index_fs(channel))
    channels = [channel.as_uri()]
    built = folder / "built"
    output.run_build(conda.ToolConfiguration(), output_dir=built, channels=channels)
    (file,) = (built / "noarch").glob("*.conda")
    package = conda.Package.from_file(file)
    for index, _ in enumerate(package.tests):
        result = package.run_test(index, channel=channels)
        if not result.success:
            raise SystemExit("\n".join([f"test {index} of the recipe failed", *result.output]))


def _rendered(folder: Path) -> conda.RenderedVariant:
    recipe = conda.Stage0Recipe.from_file(folder / "recipe" / "recipe.yaml")
    (output,) = recipe.render(conda.VariantConfig(), conda.RenderConfig())
    return output


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
