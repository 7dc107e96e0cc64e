/** How a suggestion for a cell looks: the theme's own colours and fonts. */

const STYLES = `
.jc-review {
  --jc-indent: calc(var(--jp-cell-prompt-width, 64px) + var(--jp-cell-collapser-width, 8px));
  flex: none; min-width: 0; margin: 4px 0 8px;
  /* Below the cell's text; in a notebook as narrow as a side bar at its edge. */
  margin-inline-start: clamp(8px, calc((100% - 360px) * 999), var(--jc-indent));
  container-type: inline-size; overflow: auto hidden; border: 1px solid var(--jp-border-color1);
  border-inline-start: 4px solid var(--jp-brand-color1); border-radius: 6px;
  background: var(--jp-layout-color1); color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family); font-size: var(--jp-ui-font-size1);

  /* Sideways, rather than one letter on a line. */
  & > * { min-width: 9em; }
  /* Also after a click elsewhere has brought the focus here: Escape now means this. */
  &:focus, & :focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
  & .cm-content:focus-visible { outline: none; }
  & .cm-editor:focus-within { box-shadow: inset 0 0 0 1px var(--jp-brand-color1); }

  & .jc-review-bar {
    display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 8px 12px;
    border-bottom: 1px solid var(--jp-border-color2);
  }
  & .jc-review-title { font-weight: 600; }
  & .jc-review-count { color: var(--jp-ui-font-color2); font-variant-numeric: tabular-nums; }
  & .jc-review-buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-inline-start: auto; }
  & button { font: inherit; cursor: pointer; }
  & .jc-review-button {
    min-height: 28px; padding: 2px 12px; border: 1px solid var(--jp-border-color1);
    border-radius: 4px; background: transparent; color: var(--jp-ui-font-color1);
  }
  & .jc-review-button:hover { background: var(--jp-layout-color2); }
  & .jc-review-primary {
    --jc-button: oklch(from var(--jp-brand-color1) min(l, 0.54) c h);
    border-color: var(--jc-button); background: var(--jc-button); color: #fff; font-weight: 600;
  }
  & .jc-review-primary:hover { background: color-mix(in srgb, var(--jc-button) 85%, #000); }
  & .jc-review-button:disabled { opacity: 0.55; cursor: default; }

  & .jc-review-heads {
    display: flex; padding: 4px 0 2px; color: var(--jp-ui-font-color2);
    font-size: var(--jp-ui-font-size0); font-weight: 600;
    & span { flex: 1 1 0; padding-inline-start: 14px; }
    & span + span { padding-inline-start: 70px; }
  }
  & .cm-mergeView, & .jc-review-unified { max-height: 60vh; overflow: auto; }
  & .jc-review-unified .cm-editor { padding: 4px 0; }
  & .cm-editor {
    font-family: var(--jp-code-font-family); font-size: var(--jp-code-font-size);
    line-height: var(--jp-code-line-height);
  }
  & .cm-merge-revert {
    width: 56px; border-inline: 1px solid var(--jp-border-color2);
    background: var(--jp-layout-color2);
  }
  & .jc-review-controls {
    position: absolute; inset-inline: 0; display: flex; justify-content: center; gap: 4px;
  }
  & .jc-review-controls .jc-review-chunk {
    position: static; display: grid; place-items: center; width: 22px; height: 22px; padding: 0;
    border: 1px solid var(--jp-border-color1); border-radius: 4px;
    background: var(--jp-layout-color1);
    & svg { display: block; width: 14px; height: 14px; }
  }
  & .cm-deletedChunk { position: relative; min-height: 26px; padding-inline-end: 132px; }
  & .cm-chunkButtons { top: 2px; display: flex; gap: 4px; }
  & .cm-chunkButtons .jc-review-chunk {
    margin: 0; padding: 1px 8px; border: 1px solid var(--jp-border-color1); border-radius: 4px;
    background: var(--jp-layout-color1); color: var(--jp-ui-font-color1);
    font-family: var(--jp-ui-font-family); font-size: var(--jp-ui-font-size0); line-height: 18px;
  }
  & .jc-review-chunk:hover { background: var(--jp-layout-color3); }
  @container (max-width: 420px) {
    & .jc-review-buttons { margin-inline-start: 0; }
    & .cm-deletedChunk { padding-inline-end: 6px; padding-block-end: 28px; }
    & .cm-chunkButtons { inset-block: auto 3px; }
  }
}
/* Where JupyterLab puts a cell's prompt above it. */
@media only screen and (width <= 760px) {
  .jc-review { --jc-indent: calc(var(--jp-cell-collapser-width, 8px) + var(--jp-code-padding, 5px)); }
}
@supports not (color: oklch(from red l c h)) {
  .jc-review .jc-review-primary { --jc-button: #1565c0; }
}
@media (prefers-contrast: more) {
  .jc-review, .jc-review button { border-color: var(--jp-ui-font-color1); }
}
@media (forced-colors: active) {
  .jc-review .cm-changedText, .jc-review .cm-deletedText { text-decoration: underline; }
  .jc-review .cm-changedLineGutter, .jc-review .cm-deletedLineGutter { forced-color-adjust: none; }
}
`;

const ID = "jupyter-claude-review-styles";

/** Adds the styles to the page, once. */
export function addReviewStyles(): void {
  if (document.getElementById(ID) !== null) return;
  const style = document.createElement("style");
  style.id = ID;
  style.textContent = STYLES;
  document.head.append(style);
}
