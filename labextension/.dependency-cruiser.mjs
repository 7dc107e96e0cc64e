// Which module may import which; imports of types count. `npm run check` asks `depcruise src plugin`.

const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

// The modules that the page, the kernel or the plugin imports from outside of the library.
const ENTRIES = "^src/(loader|saved|widget)\\.ts$";

export default {
  forbidden: [
    rule("no-circles", "No module imports itself, over whatever way.", {}, { circular: true }),
    rule(
      "library-without-plugin",
      "The library also runs where there is no JupyterLab.",
      { path: "^src/" },
      { path: "^plugin/" },
    ),
    rule(
      "helpers-know-no-view",
      "What deals with text, the page and the line to the kernel is below all views.",
      { path: "^src/[^/]+\\.ts$", pathNot: [ENTRIES, "^src/styles\\.ts$"] },
      { path: "^src/[^/]+/" },
    ),
    rule(
      "styles-take-style-sheets",
      "The styles are text; no view comes with them.",
      { path: "^src/styles\\.ts$" },
      { path: "^src/", pathNot: "\\.css$" },
    ),
    rule(
      "turns-know-no-other-view",
      "A turn is drawn in the same way in cells and in the panel.",
      { path: "^src/views/" },
      { path: "^src/(batch|history|panel|signin)/" },
    ),
    rule(
      "parts-stand-alone",
      "Each stands in cells, and some in the panel, without the others.",
      { path: "^src/(batch|history|signin)/" },
      { path: "^src/(?!views/)[^/]+/", pathNot: "^src/$1/" },
    ),
    rule(
      "entries-on-top",
      "Only what loads the library knows its type; no view does.",
      { path: "^src/", pathNot: "^src/(loader|module_cache|widget)\\.ts$" },
      { path: ENTRIES },
    ),
    rule(
      "tokens-at-the-bottom",
      "The plugins' tokens know no plugin.",
      { path: "^plugin/tokens\\.ts$" },
      { path: "^plugin/" },
    ),
    rule(
      "parts-know-tokens",
      "These folders know of the plugin only the tokens.",
      { path: "^plugin/(cells|prose|side)/" },
      { path: "^plugin/", pathNot: ["^plugin/$1/", "^plugin/tokens\\.ts$"] },
    ),
    rule(
      "commands-on-top",
      "Commands call the other parts, and no part calls commands.",
      { path: "^plugin/", pathNot: ["^plugin/commands/", "^plugin/index\\.ts$"] },
      { path: "^plugin/commands/" },
    ),
    rule(
      "nobody-imports-the-list",
      "The list of plugins is on top of all.",
      { path: "^plugin/" },
      { path: "^plugin/index\\.ts$" },
    ),
    rule("resolved", "Each import leads to a file or a package.", {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
  },
};
