export default {
  ignoreFiles: ["lib/**", "dev/out/**"],
  extends: "stylelint-config-standard",
  rules: {
    // Each class begins with its owner's prefix: ours, or one of JupyterLab, Lumino, CodeMirror and
    // highlight.js.
    "selector-class-pattern": "^(jc-[a-z-]+|(jp|lm|cm|hljs)-.+)$",
    // Variables also hold the names of fonts.
    "value-keyword-case": ["lower", { ignoreProperties: [/^--/] }],
    // The rules follow the order of the elements on the page.
    "no-descending-specificity": null,
  },
  overrides: [{ files: "dev/**", rules: { "selector-class-pattern": null } }],
};
