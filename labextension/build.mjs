// Bundles the views to one minified ES module, beside the licences of what went into it, and the
// loader that fetches it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "jupyter_claude", "static");

const { metafile } = await build({
  absWorkingDir: here,
  bundle: true,
  entryPoints: ["src/widget.ts", "src/loader.ts"],
  format: "esm",
  legalComments: "none",
  metafile: true,
  minify: true,
  outdir: target,
  target: "es2022",
});

// The licences ask that their text goes wherever the code goes.
const packages = new Set(
  Object.keys(metafile.inputs)
    .map((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((folder) => folder !== undefined),
);
const notices = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json")));
  const text = readdirSync(join(here, folder))
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(here, folder, file), "utf8").trim())
    .join("\n\n");
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(target, "widget.licenses.txt"), notices.join(`\n${"-".repeat(72)}\n\n`));

for (const [path, { bytes }] of Object.entries(metafile.outputs))
  console.log(`${path.replace(/^(\.\.\/)+/, "")}: ${(bytes / 1024).toFixed(1)} KiB`);
