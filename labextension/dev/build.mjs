// Builds the sample page into dev/out/: node dev/build.mjs, then open dev/out/index.html.
import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
await build({
  absWorkingDir: here,
  bundle: true,
  entryPoints: ["page.ts"],
  format: "iife",
  loader: { ".css": "text" },
  outfile: join(here, "out", "page.js"),
});
for (const file of ["index.html", "themes.css"]) cpSync(join(here, file), join(here, "out", file));
