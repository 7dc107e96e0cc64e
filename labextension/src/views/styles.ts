/** How the parts of a turn look that hold more than text: code, tables, images, lists, subagents. */

// The theme's colours of code, drawn towards the text's colour: some of them are too faint for
// small text on a filled ground (the light theme's comments have 4.1 to 1).
const CODE_COLOURS: Record<string, [variable: string, otherwise: string]> = {
  "keyword, .hljs-literal, .hljs-selector-tag, .hljs-doctag": ["keyword", "#008000"],
  "built_in, .hljs-type": ["builtin", "#008000"],
  number: ["number", "#008800"],
  "string, .hljs-regexp, .hljs-char, .hljs-code": ["string", "#ba2121"],
  "comment, .hljs-quote": ["comment", "#408080"],
  "title, .hljs-section": ["def", "#0055cc"],
  "attr, .hljs-attribute, .hljs-property, .hljs-selector-class, .hljs-selector-id": [
    "property",
    "#0055aa",
  ],
  "meta, .hljs-symbol": ["meta", "#aa22ff"],
  operator: ["operator", "#7800c2"],
  "tag, .hljs-name": ["tag", "#117700"],
  "variable, .hljs-template-variable, .hljs-subst": ["variable-2", "#0055aa"],
  "link, .hljs-bullet": ["link", "#0000cc"],
};

const colours = Object.entries(CODE_COLOURS)
  .map(
    ([names, [variable, otherwise]]) => `
  & :is(.hljs-${names}) {
    color: color-mix(in srgb,
      var(--jp-mirror-editor-${variable}-color, ${otherwise}) 60%, var(--jc-text));
  }`,
  )
  .join("");

export const TURN_STYLES = `
.jc-root {
  & .jc-codeblock {
    border: 1px solid var(--jc-border); border-radius: 4px; background: var(--jc-fill);
    overflow: hidden; container-type: inline-size;
  }
  & .jc-codebar {
    display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
    gap: 0 8px; min-height: 24px; padding: 1px 4px 1px 10px;
    color: var(--jc-quiet); font-size: var(--jp-ui-font-size0, 11px);
  }
  & .jc-language { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  & .jc-codebuttons {
    display: flex; flex-wrap: wrap; justify-content: end; gap: 0 2px; margin-inline-start: auto;
  }
  & .jc-action {
    min-height: 24px; padding: 2px 8px; border: 0; border-radius: 3px; background: transparent;
    color: inherit; font: inherit; line-height: 1.4; cursor: pointer;
  }
  & .jc-action:hover { background: var(--jc-fill); color: var(--jc-text); }
  & .jc-action:focus-visible { outline-offset: -2px; }
  /* The side bar's usual width: one row of short words; their names stay whole. */
  @container (max-width: 400px) {
    & .jc-spare { display: none; }
    & .jc-action { padding-inline: 6px; }
  }
  & .jc-text .jc-codeblock > pre {
    margin: 0; padding-top: 2px; border: 0; border-radius: 0; background: none;
  }
  & .jc-text .jc-codeblock > pre:focus-visible { outline-offset: -2px; }
  & .hljs-emphasis { font-style: italic; }
  & :is(.hljs-strong, .hljs-section) { font-weight: 600; }
  & .hljs-addition { background: color-mix(in srgb, var(--jc-good) 20%, transparent); }
  & .hljs-deletion { background: color-mix(in srgb, var(--jc-bad) 18%, transparent); }${colours}

  & .jc-table { max-width: 100%; overflow-x: auto; }
  & .jc-table [align="right"] { text-align: right; font-variant-numeric: tabular-nums; }
  & .jc-table [align="center"] { text-align: center; }
  & .jc-text li > .jc-codeblock, & .jc-text li > .jc-table { margin: 0.4em 0; }
  & div.jc-formula { overflow-x: auto; }

  & .jc-tool summary { flex-wrap: wrap; row-gap: 0; }
  & .jc-tool .jc-counts { flex: none; }
  & .jc-tool-progress {
    flex: 1 1 100%; box-sizing: border-box; min-width: 0; padding-inline-start: 16px;
    overflow: hidden;
    text-overflow: ellipsis; white-space: nowrap; font-variant-numeric: tabular-nums;
  }
  & .jc-nested {
    display: flex; flex-direction: column; gap: 8px; min-width: 0;
    margin: 6px 10px; padding-inline-start: 12px;
    border-inline-start: 2px solid var(--jc-border);
  }
  & .jc-nested:empty { display: none; }
  & .jc-nested:has(+ .jc-tool-part:empty) { margin-bottom: 10px; }
  & .jc-nested .jc-text { color: var(--jc-text); font-size: var(--jp-content-font-size1, 14px); }
  & .jc-images { display: flex; flex-wrap: wrap; gap: 8px; padding: 6px 10px 10px; }
  & .jc-images:empty { display: none; }
  & .jc-image {
    max-width: 100%; max-height: 24em; object-fit: contain; border-radius: 3px;
    /* A chart without a ground of its own has black axes. */
    background: #fff;
  }

  & .jc-todos { padding: 6px 10px 8px; }
  & .jc-todos > ul { margin: 4px 0 0; padding: 0; list-style: none; }
  & .jc-todos li { display: flex; align-items: baseline; gap: 8px; padding: 1px 0; }
  & .jc-quiet { color: var(--jc-quiet); font-variant-numeric: tabular-nums; }
  & .jc-check {
    flex: none; align-self: start; display: grid; place-items: center;
    width: 14px; height: 14px; margin-top: 0.22em;
    border: 1px solid currentColor; border-radius: 3px; font-size: 10px; line-height: 1;
  }
  & .jc-todo-text { flex: 1; min-width: 0; color: var(--jc-text); }
  & .jc-todo-status { flex: none; }
  & [data-status="done"] .jc-todo-text { color: var(--jc-quiet); }
  & [data-status="done"] .jc-check { color: var(--jc-good); }
  & [data-status="in progress"] :is(.jc-check, .jc-todo-text) { font-weight: 600; }
  & [data-status="in progress"] .jc-check { color: var(--jc-brand); }
}
`;
