// Writes the colours of turns, for Python and for pages:
//   ../jupyter_claude/_views/colours.py and src/colours.css
// `node colours.mjs` writes both files, `node colours.mjs --check` compares them.
import { commentHead, pythonHead, writeOrCheck } from "./written.mjs";

const mix = (colour, percent, other = "transparent") =>
  `color-mix(in srgb,${colour} ${percent}%,${other})`;
const TEXT = "var(--jc-text)";
const GOOD = "var(--jc-good)";
const BAD = "var(--jc-bad)";

// Each is a custom property `--jc-NAME`. JupyterLab's own variables make them light or dark. On
// other pages, the text has the page's colour, and the other colours suit light and dark pages.
const COLOURS = {
  text: "var(--jp-content-font-color1,currentColor)",
  quiet: mix(TEXT, 72),
  border: mix(TEXT, 20),
  fill: mix(TEXT, 5),
  brand: "var(--jp-brand-color1,#1976d2)",
  // Dark enough for white text with any theme's brand colour.
  button: "oklch(from var(--jc-brand) min(l,0.54) c h)",
  good: "var(--jp-success-color1,#388e3c)",
  bad: "var(--jp-error-color1,#d32f2f)",
  warn: "var(--jp-warn-color1,#f57c00)",
  "bad-text": mix(BAD, 75, TEXT),
  // The background of a diff's lines. The text keeps its colour, which is readable in every theme.
  added: mix(GOOD, 20),
  removed: mix(BAD, 18),
};

// VS Code's widget manager gives its page JupyterLab's light colours, also under a dark theme. VS Code
// corrects them in widgets, but not in static output.
const STATIC_TEXT = `var(--vscode-editor-foreground,${COLOURS.text})`;

// The theme's colours of code, mixed with the text's colour: some are too faint for small text on a
// filled background (the light theme's comments have a contrast of 4.1 to 1). Each has the end of
// the name of JupyterLab's variable, a fallback colour, highlight.js's names of the tokens (for the
// front end), and Pygments' names (for the static HTML).
const CODE = {
  k: {
    theme: ["keyword", "#008000"],
    front: "keyword literal selector-tag doctag",
    static: "Keyword Operator.Word",
  },
  b: { theme: ["builtin", "#008000"], front: "built_in type", static: "Keyword.Type Name.Builtin" },
  n: { theme: ["number", "#080"], front: "number", static: "Literal.Number" },
  s: {
    theme: ["string", "#ba2121"],
    front: "string regexp char code",
    static: "Literal.String",
  },
  c: { theme: ["comment", "#408080"], front: "comment quote", static: "Comment" },
  d: { theme: ["def", "#05c"], front: "title section", static: "Name.Function Name.Class" },
  p: {
    theme: ["property", "#05a"],
    front: "attr attribute property selector-class selector-id",
    static: "Name.Attribute",
  },
  m: { theme: ["meta", "#a2f"], front: "meta symbol", static: "Name.Decorator" },
  o: { theme: ["operator", "#7800c2"], front: "operator", static: "Operator" },
  t: { theme: ["tag", "#170"], front: "tag name", static: "Name.Tag" },
  v: { theme: ["variable-2", "#05a"], front: "variable template-variable subst", static: "" },
  l: { theme: ["link", "#00c"], front: "link bullet", static: "" },
};

for (const [name, { theme }] of Object.entries(CODE))
  COLOURS[name] = mix(`var(--jp-mirror-editor-${theme[0]}-color,${theme[1]})`, 60, TEXT);

const words = (text) => text.split(" ").filter(Boolean);
const kinds = Object.entries(CODE)
  .flatMap(([name, row]) => words(row.static).map((kind) => [`Token.${kind}`, name]))
  .sort(([one], [other]) => other.split(".").length - one.split(".").length);
const rules = Object.entries(CODE).map(([name, { front }]) => {
  const classes = words(front).map((word) => `.hljs-${word}`);
  return `  & :is(${classes.join(", ")}) {\n    color: var(--jc-${name});\n  }`;
});
const ABOUT = [
  "The colours of turns; written by labextension/colours.mjs.",
  "Each is a custom property --jc-NAME. They follow JupyterLab's theme, light or dark; where there",
  "is none, the text has the page's colour.",
];

writeOrCheck({
  "../jupyter_claude/_views/colours.py": [
    ...pythonHead(ABOUT),
    "#: The value of each, by its name; it may name others.",
    "COLOURS = {",
    ...Object.entries({ ...COLOURS, text: STATIC_TEXT }).map(
      ([name, value]) => `    "${name}": "${value}",`,
    ),
    "}",
    "#: Pygments' names of tokens, the narrower first, and their colours.",
    "CODE = (",
    ...kinds.map(([kind, name]) => `    ("${kind}", "${name}"),`),
    ")",
  ],
  "src/colours.css": [
    ...commentHead(ABOUT),
    "/* The root of every view. */",
    ".jc-root {",
    ...Object.entries(COLOURS).map(
      ([name, value]) => `  --jc-${name}: ${value.replaceAll(",", ", ")};`,
    ),
    "",
    "  /* The colours of code, as highlight.js names its words. */",
    rules.join("\n\n"),
    "}",
  ],
});
