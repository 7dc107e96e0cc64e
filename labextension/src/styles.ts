/** How everything looks: the theme's own colours and fonts, with fallbacks where there is none. */

import { HISTORY_STYLES } from "./history/styles";
import { PANEL_STYLES } from "./panel/styles";
import { TURN_STYLES } from "./views/styles";

const STYLES = `
.jc-root {
  --jc-text: var(--jp-content-font-color1, currentColor);
  --jc-quiet: color-mix(in srgb, var(--jc-text) 72%, transparent);
  --jc-border: color-mix(in srgb, var(--jc-text) 20%, transparent);
  --jc-fill: color-mix(in srgb, var(--jc-text) 5%, transparent);
  --jc-brand: var(--jp-brand-color1, #1976d2);
  /* Dark enough for white text, whatever the theme's brand colour. */
  --jc-button: oklch(from var(--jc-brand) min(l, 0.54) c h);
  --jc-good: var(--jp-success-color1, #388e3c);
  --jc-bad: var(--jp-error-color1, #d32f2f);
  --jc-warn: var(--jp-warn-color1, #f57c00);
  --jc-small: var(--jp-ui-font-size1, 13px);
  position: relative;
  color: var(--jc-text);
  font-family: var(--jp-content-font-family, system-ui, sans-serif);
  font-size: var(--jp-content-font-size1, 14px);
  line-height: var(--jp-content-line-height, 1.6);
  overflow-wrap: anywhere;

  & [hidden] { display: none !important; }
  & p { margin: 0; }
  /* Twice the class: the ring of Lab's own buttons lies inside, unseen on a filled one. */
  &.jc-root :focus-visible { outline: 2px solid var(--jc-brand); outline-offset: 2px; }

  & .jc-announcer {
    position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }

  & .jc-turn { display: flex; flex-direction: column; gap: 10px; padding: 4px 8px 6px 0; }
  & .jc-items, & .jc-requests { display: flex; flex-direction: column; gap: 10px; min-width: 0; }
  & .jc-items:empty, & .jc-requests:empty { display: none; }
  & .jc-practice, & .jc-status, & .jc-cost, & .jc-notice, & .jc-thinking, & .jc-tool {
    font-size: var(--jc-small); color: var(--jc-quiet);
  }
  & .jc-practice {
    align-self: start; padding: 0 8px; border: 1px dashed var(--jc-border); border-radius: 12px;
  }
  & .jc-cost { font-variant-numeric: tabular-nums; }
  & .jc-error {
    padding: 2px 0 2px 10px; border-inline-start: 3px solid var(--jc-bad); font-weight: 600;
  }
  & .jc-notice[data-level="warning"] {
    padding-inline-start: 10px; border-inline-start: 3px solid var(--jc-warn);
  }
  & .jc-notice[data-level="error"] {
    padding-inline-start: 10px; border-inline-start: 3px solid var(--jc-bad);
  }
  & .jc-status::before {
    content: ""; display: inline-block; width: 7px; height: 7px; margin-inline-end: 8px;
    border-radius: 50%; background: var(--jc-brand); vertical-align: 1px;
    animation: jc-breathe 1.6s ease-in-out infinite;
  }
  & .jc-turn[data-state="interrupted"] > .jc-status::before {
    border-radius: 1px; background: var(--jc-quiet); animation: none;
  }

  & .jc-blocks > * { margin: 0; }
  & .jc-blocks > * + *, & .jc-blocks:not(:empty) + .jc-blocks > :first-child { margin-top: 0.65em; }
  & .jc-text {
    & h1, & h2, & h3, & h4, & h5, & h6 { font-weight: 600; line-height: 1.3; color: inherit; }
    & h1 { font-size: 1.3em; }
    & h2 { font-size: 1.17em; }
    & h3, & h4, & h5, & h6 { font-size: 1em; }
    & * + h1, & * + h2, & * + h3 { margin-top: 1.1em; }
    & ul, & ol { padding-inline-start: 1.6em; }
    & li { margin: 0.15em 0; }
    & li > p + p, & li > pre { margin-top: 0.4em; }
    & blockquote {
      padding-inline-start: 12px; border-inline-start: 3px solid var(--jc-border);
      color: var(--jc-quiet);
    }
    & a[href] { color: var(--jp-content-link-color, var(--jc-brand)); text-decoration: underline; }
    & hr { border: 0; border-top: 1px solid var(--jc-border); }
    & code {
      padding: 1px 4px; border-radius: 3px; background: var(--jc-fill); color: inherit;
      font-family: var(--jp-code-font-family, ui-monospace, monospace);
      font-size: 0.92em;
    }
    & pre > code { padding: 0; background: none; font-size: inherit; white-space: inherit; }
    & pre { white-space: pre; overflow-wrap: normal; }
    & table { border-collapse: collapse; }
    & th, & td {
      padding: 4px 10px; border: 1px solid var(--jc-border); text-align: start;
      overflow-wrap: normal;
    }
    & th { background: var(--jc-fill); font-weight: 600; }
  }

  & .jc-code, & .jc-text pre {
    padding: 8px 10px; max-height: 26em; overflow: auto;
    border: 1px solid var(--jc-border); border-radius: 4px; background: var(--jc-fill);
    color: var(--jc-text);
    font-family: var(--jp-code-font-family, ui-monospace, monospace);
    font-size: var(--jp-code-font-size, 13px); line-height: 1.45; tab-size: 4;
  }
  & .jc-code {
    margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; word-break: normal; unicode-bidi: isolate;
  }
  & .jc-mark {
    padding: 0 2px; border-radius: 3px; outline: 1px solid var(--jc-warn);
    background: color-mix(in srgb, var(--jc-warn) 25%, transparent);
    unicode-bidi: isolate;
  }
  & .jc-diff { padding: 6px 0; }
  & .jc-line { display: block; padding: 0 10px; }
  & .jc-line-added { background: color-mix(in srgb, var(--jc-good) 20%, transparent); }
  & .jc-line-removed { background: color-mix(in srgb, var(--jc-bad) 18%, transparent); }
  & .jc-line-hunk, & .jc-line-file { color: var(--jc-quiet); }
  & .jc-label {
    color: var(--jc-quiet); font-size: var(--jp-ui-font-size0, 11px); font-weight: 600;
  }

  & summary { cursor: pointer; border-radius: 4px; }
  & .jc-thinking > summary { width: fit-content; }
  & .jc-thinking-text {
    margin-top: 4px; padding-inline-start: 12px; border-inline-start: 2px solid var(--jc-border);
    white-space: pre-wrap;
  }

  & .jc-tool {
    border: 1px solid var(--jc-border); border-radius: 6px;
    & summary {
      display: flex; align-items: baseline; gap: 8px; padding: 4px 10px; list-style: none;
    }
    & summary::-webkit-details-marker { display: none; }
    & summary:hover { background: var(--jc-fill); }
    & details[open] > summary { border-bottom: 1px solid var(--jc-border); border-radius: 6px 6px 0 0; }
  }
  & .jc-tool + .jc-tool { margin-top: -4px; }
  & .jc-dot {
    flex: none; align-self: center; width: 8px; height: 8px; border-radius: 50%;
    background: var(--jc-quiet);
  }
  & [data-state="running"] > * > * > .jc-dot {
    background: var(--jc-brand); animation: jc-breathe 1.6s ease-in-out infinite;
  }
  & [data-state="done"] > * > * > .jc-dot { background: var(--jc-good); }
  & [data-state="failed"] > * > * > .jc-dot { background: var(--jc-bad); }
  & [data-state="denied"] > * > * > .jc-dot {
    background: none; box-shadow: inset 0 0 0 2px var(--jc-bad);
  }
  & .jc-tool-name { flex: none; color: var(--jc-text); font-weight: 600; }
  & .jc-tool-summary {
    flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
    font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 0.95em;
  }
  & .jc-tool-state { flex: none; margin-inline-start: auto; }
  & [data-state="failed"] .jc-tool-state, & [data-state="denied"] .jc-tool-state {
    color: color-mix(in srgb, var(--jc-bad) 80%, var(--jc-text)); font-weight: 600;
  }
  & .jc-tool-part { display: grid; gap: 3px; padding: 6px 10px; min-width: 0; }
  & .jc-tool-part:last-child { padding-bottom: 10px; }
  & .jc-tool-part:empty { display: none; }
  & .jc-tool-note { padding: 0 10px 6px 26px; }

  & .jc-request {
    display: flex; flex-direction: column; gap: 8px; min-width: 0; padding: 12px 14px;
    border: 1px solid var(--jc-border); border-inline-start: 4px solid var(--jc-brand);
    border-radius: 6px; background: var(--jp-layout-color1, transparent);
    box-shadow: 0 1px 4px color-mix(in srgb, var(--jc-text) 12%, transparent);
    /* Where it is very narrow: sideways, rather than one letter on a line. */
    flex: none; overflow-x: auto;
    & > * { min-width: 15em; }
  }
  /* Also where a click elsewhere has brought the focus here. */
  & .jc-request:focus { outline: 2px solid var(--jc-brand); outline-offset: 1px; }
  & .jc-request-title { font-weight: 600; }
  & .jc-request-body { display: flex; flex-direction: column; gap: 6px; }
  & .jc-request-state, & .jc-why, & .jc-file, & .jc-hint {
    color: var(--jc-quiet); font-size: var(--jc-small);
  }
  & .jc-file { display: flex; flex-wrap: wrap; gap: 2px 10px; }
  & .jc-file > :first-child { font-family: var(--jp-code-font-family, ui-monospace, monospace); }
  & .jc-counts { font-variant-numeric: tabular-nums; }
  & .jc-buttons { display: flex; flex-wrap: wrap; gap: 8px; }
  & .jc-button {
    min-height: 30px; padding: 4px 14px; border: 1px solid var(--jc-border); border-radius: 4px;
    background: transparent; color: var(--jc-text);
    font: inherit; font-size: var(--jc-small); line-height: 1.4; text-align: start; cursor: pointer;
    /* "Always allow" names the whole command, however long it is. */
    max-height: 9em; overflow: auto;
  }
  & .jc-button:hover { background: var(--jc-fill); }
  & .jc-button-primary {
    border-color: var(--jc-button); background: var(--jc-button); color: #fff;
    font-weight: 600;
  }
  & .jc-button-primary:hover {
    background: color-mix(in srgb, var(--jc-button) 85%, #000);
  }
  & .jc-button:disabled { opacity: 0.55; cursor: default; }

  & .jc-question { margin: 0; padding: 0; border: 0; min-width: 0; }
  & .jc-question + .jc-question { margin-top: 8px; }
  & .jc-question legend { padding: 0 0 4px; font-weight: 600; color: inherit; font-size: inherit; }
  & .jc-question legend .jc-label { display: block; }
  & .jc-option { display: flex; align-items: baseline; gap: 8px; padding: 2px 0; }
  & .jc-option .jc-option { padding: 0; }
  & .jc-option input { position: relative; top: 1px; flex: none; margin: 0; accent-color: var(--jc-brand); }
  & .jc-hint { display: block; }
  & .jc-option .jc-other {
    top: 0;
    flex: 1 1 8em; min-width: 0; max-width: 32em; padding: 3px 8px;
    border: 1px solid var(--jc-border); border-radius: 4px; background: transparent;
    color: inherit; font: inherit; font-size: var(--jc-small);
  }
  & .jc-other::placeholder { color: var(--jc-quiet); opacity: 1; font-style: italic; }
  & .jc-problem { color: var(--jc-bad); font-size: var(--jc-small); }
}
@supports not (color: oklch(from red l c h)) {
  .jc-root { --jc-button: #1565c0; }
}
@keyframes jc-breathe { 50% { opacity: 0.35; } }
@media (prefers-reduced-motion: reduce) {
  .jc-root *, .jc-root *::before { animation: none !important; }
}
@media (prefers-contrast: more) {
  .jc-root { --jc-quiet: var(--jc-text); --jc-border: var(--jc-text); }
}
@media (forced-colors: active) {
  .jc-root .jc-dot, .jc-root .jc-status::before { forced-color-adjust: none; }
}
${TURN_STYLES}${HISTORY_STYLES}${PANEL_STYLES}`;

const ID = "jupyter-claude-styles";

/** Adds the styles to the page, or to the shadow root that the view stands in, once. */
export function addStyles(view: Element): void {
  const root = view.getRootNode();
  const parent = root instanceof ShadowRoot ? root : document.head;
  let style = parent.querySelector(`#${ID}`);
  if (style === null) {
    style = document.createElement("style");
    style.id = ID;
    parent.append(style);
  }
  // Each model brings its own copy of this module; after an upgrade the newest one counts.
  if (style.textContent !== STYLES) style.textContent = STYLES;
}
