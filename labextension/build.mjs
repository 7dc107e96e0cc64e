// Builds all of the front end:
//   ../jupyter_claude/static/loader.js         the code that each widget brings
//   ../jupyter_claude/labextension/            the JupyterLab extension; its static/ folder has
//                                              the views, which kernels and the plugin share
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const python = join(here, "..", "jupyter_claude");
const extension = join(python, "labextension");
const lib = join(here, "lib");

// Style sheets become text in the code. We remove only white space and comments. esbuild can
// shorten more (`& p` to `p`), but not every browser with nested rules reads that.
const styleSheets = {
  name: "style-sheets",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path), {
        loader: "css",
        minifyWhitespace: true,
      });
      return { contents: code.trimEnd(), loader: "text" };
    });
  },
};
const module = {
  absWorkingDir: here,
  // Smaller stand-ins for parts of markdown-it.
  alias: {
    entities: "./src/markdown_parts/entities.ts",
    "linkify-it": "./src/markdown_parts/linkify.ts",
  },
  bundle: true,
  format: "esm",
  legalComments: "none",
  metafile: true,
  plugins: [styleSheets],
  target: "es2022",
  write: false,
};
const views = await build({
  ...module,
  entryPoints: ["src/widget.ts"],
  minify: true,
  outdir: lib,
  sourcemap: "linked",
});
const loader = await build({
  ...module,
  entryPoints: ["src/loader.ts"],
  minify: true,
  outdir: join(python, "static"),
});
// The kernel uses the same digest for its views: jupyter_claude/_views/wire.py.
const code = views.outputFiles.find(({ path }) => path.endsWith("widget.js")).contents;
const digest = createHash("sha256").update(code).digest("hex").slice(0, 16);
const plugin = await build({
  ...module,
  define: { VIEWS_DIGEST: JSON.stringify(digest) },
  entryPoints: ["plugin/index.ts"],
  outdir: join(lib, "plugin"),
  packages: "external",
  sourcemap: "linked",
});

function write({ outputFiles }, folder) {
  for (const { path, contents } of outputFiles) {
    const target = folder ? join(folder, path.slice(path.lastIndexOf("/") + 1)) : path;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
  }
}

rmSync(lib, { recursive: true, force: true });
write(plugin);
write(loader);
// The file says who installed the extension. The builder empties its folder, so we keep it.
const install = readFileSync(join(extension, "install.json"));
// The page has JupyterLab's own packages. The builder bundles the plugin's other packages.
const cli = join(here, "node_modules", "@jupyter", "builder", "lib", "build-labextension.js");
const core = join("node_modules", "@jupyterlab", "core-meta", "core.package.json");
const built = spawnSync(process.execPath, [cli, "--source-map", "--core-package-file", core, "."], {
  cwd: here,
  encoding: "utf8",
});
if (built.status !== 0) {
  console.error(built.stdout, built.stderr);
  process.exit(1);
}
writeFileSync(join(extension, "install.json"), install);
write(views, join(extension, "static"));

// The licences require that their text goes along with the code.
const statics = readdirSync(join(extension, "static"));
const packages = new Set(
  statics
    .filter((file) => file.endsWith(".js.map"))
    .flatMap((file) => JSON.parse(readFileSync(join(extension, "static", file))).sources)
    .map((path) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
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
writeFileSync(
  join(extension, "static", "widget.licenses.txt"),
  notices.join(`\n${"-".repeat(72)}\n\n`),
);

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const name of statics.sort())
  if (name.endsWith(".js"))
    console.log(`${name}: ${kib(readFileSync(join(extension, "static", name)).length)}`);
