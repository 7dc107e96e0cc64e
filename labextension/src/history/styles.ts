/** How the history looks. */

export const HISTORY_STYLES = `
.jc-root {
  & .jc-history {
    --jc-thumb: 16px;
    display: flex; flex-direction: column; gap: 10px; padding: 4px 8px 6px 4px;
    container-type: inline-size;
  }
  & .jc-history [hidden] { display: none; }
  & .jc-slider-box { display: flex; flex-direction: column; }
  & .jc-slider {
    appearance: none; box-sizing: border-box; width: 100%; height: 24px; margin: 0;
    background: none; cursor: pointer;
  }
  & .jc-slider::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; background: var(--jc-track); }
  & .jc-slider::-moz-range-track { height: 4px; border-radius: 2px; background: var(--jc-track); }
  & .jc-slider-box {
    --jc-edge: calc(var(--jc-thumb) / 2 + var(--jc-at, 1) * (100% - var(--jc-thumb)));
    /* What stays is filled; what would be taken back is dashed. */
    --jc-track:
      linear-gradient(90deg, var(--jc-brand) var(--jc-edge), transparent 0),
      repeating-linear-gradient(90deg, var(--jc-edge-line) 0 5px, transparent 5px 9px);
    --jc-edge-line: color-mix(in srgb, var(--jc-text) 45%, transparent);
  }
  & .jc-slider::-webkit-slider-thumb {
    appearance: none; width: var(--jc-thumb); height: var(--jc-thumb); margin-top: -6px;
    border: 3px solid var(--jp-layout-color1, #fff); border-radius: 50%;
    background: var(--jc-brand); box-shadow: 0 0 0 1px var(--jc-brand);
  }
  & .jc-slider::-moz-range-thumb {
    box-sizing: border-box; width: var(--jc-thumb); height: var(--jc-thumb);
    border: 3px solid var(--jp-layout-color1, #fff); border-radius: 50%;
    background: var(--jc-brand); box-shadow: 0 0 0 1px var(--jc-brand);
  }
  /* The ring is the thumb's, and the system's own where colours are forced. */
  &.jc-root .jc-slider:focus-visible { outline-color: transparent; }
  & .jc-slider:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--jc-brand); outline-offset: 2px; }
  & .jc-slider:focus-visible::-moz-range-thumb { outline: 2px solid var(--jc-brand); outline-offset: 2px; }
  & .jc-slider:disabled { cursor: default; opacity: 0.5; }
  & .jc-slider-marks {
    display: block; height: 10px; overflow: visible; margin: 0 calc(var(--jc-thumb) / 2);
    width: calc(100% - var(--jc-thumb));
    & path { fill: none; stroke-width: 1px; vector-effect: non-scaling-stroke; }
    & .jc-tick-plain { stroke: var(--jc-edge-line); }
    & .jc-tick-files { stroke: var(--jc-brand); stroke-width: 2px; }
  }
  & .jc-slider-ends {
    display: flex; justify-content: space-between; gap: 8px;
    color: var(--jc-quiet); font-size: var(--jp-ui-font-size0, 11px); line-height: 1.5;
  }
  & .jc-slider-legend { visibility: hidden; }
  & .jc-has-files .jc-slider-legend { visibility: visible; }

  & .jc-moment { display: flex; flex-direction: column; gap: 2px; min-width: 0; }
  & .jc-moment-heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; }
  & .jc-moment-place { font-weight: 600; }
  & .jc-moment-details, & .jc-moment-files, & .jc-moment-after {
    color: var(--jc-quiet); font-size: var(--jc-small); font-variant-numeric: tabular-nums;
  }
  & .jc-moment-prompt {
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  }
  & .jc-moment-files { font-family: var(--jp-code-font-family, ui-monospace, monospace); }

  & .jc-history-controls {
    display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
    gap: 8px 16px;
  }
  & .jc-history-checks { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: var(--jc-small); }
  & .jc-choose { display: inline-flex; align-items: center; gap: 6px; cursor: pointer; }
  & .jc-choose input { flex: none; margin: 0; accent-color: var(--jc-brand); }
  & .jc-history-said {
    padding: 2px 0 2px 10px; border-inline-start: 3px solid var(--jc-brand);
    font-size: var(--jc-small);
  }
  & .jc-history-said[data-kind="done"] { border-color: var(--jc-good); }
  & .jc-history-said[data-kind="problem"] { border-color: var(--jc-bad); font-weight: 600; }
  & .jc-reask { display: flex; flex-direction: column; align-items: start; gap: 6px; }
  & .jc-reask .jc-code { box-sizing: border-box; width: 100%; max-height: 12em; }

  & .jc-preview {
    display: flex; flex-direction: column; gap: 10px; min-width: 0; padding: 10px 12px;
    border: 1px solid var(--jc-border); border-inline-start: 4px solid var(--jc-brand);
    border-radius: 6px; transition: opacity 120ms;
    &:focus-visible { outline-offset: 0; }
  }
  & .jc-preview[aria-busy="true"] { opacity: 0.6; }
  & .jc-preview-headline { font-weight: 600; }
  & .jc-preview-body { display: flex; flex-direction: column; gap: 10px; min-width: 0; }
  & .jc-preview-body:empty { display: none; }
  & .jc-history ul { margin: 0; padding: 0; list-style: none; }
  & .jc-preview-title { font-weight: 600; font-size: var(--jc-small); }
  & .jc-preview-part ul { padding-inline-start: 18px; list-style: disc; font-size: var(--jc-small); }
  & .jc-preview-part summary { padding-inline-start: 4px; font-size: var(--jc-small); }
  & .jc-preview-lost { padding-inline-start: 10px; border-inline-start: 3px solid var(--jc-warn); }
  & .jc-files { border: 1px solid var(--jc-border); border-radius: 6px; overflow: hidden; }
  & .jc-file-change + .jc-file-change { border-top: 1px solid var(--jc-border); }
  & .jc-file-change summary {
    display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; padding: 4px 10px;
    border-radius: 0; font-size: var(--jc-small); list-style: none;
  }
  & .jc-file-change summary::before {
    content: "▸"; flex: none; width: 0.8em; color: var(--jc-quiet);
  }
  & .jc-file-change details[open] > summary::before { content: "▾"; }
  & .jc-file-change summary::-webkit-details-marker { display: none; }
  & .jc-file-change summary:hover { background: var(--jc-fill); }
  & .jc-file-action { flex: none; width: 4em; color: var(--jc-quiet); }
  & .jc-file-path { flex: 1 1 7em; min-width: 0; font-family: var(--jp-code-font-family, ui-monospace, monospace); }
  & .jc-file-change .jc-counts { flex: none; margin-inline-start: auto; }
  & .jc-badge {
    flex: none; padding: 0 8px; border: 1px solid var(--jc-warn); border-radius: 10px;
    font-size: var(--jp-ui-font-size0, 11px);
  }
  & .jc-file-change .jc-code { border-width: 1px 0 0; border-radius: 0; }
  & .jc-file-change .jc-hint { padding: 2px 10px 6px; }
  & .jc-file-choice { align-items: baseline; padding: 0 10px 6px; font-size: var(--jc-small); color: var(--jc-quiet); }
  & .jc-file-choice input { position: relative; top: 1px; }

  & .jc-branches { font-size: var(--jc-small); }
  & .jc-branches li {
    display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 4px 0;
  }
  & .jc-branches li + li { border-top: 1px solid var(--jc-border); }
  & .jc-branch { min-width: 0; }
  & .jc-branches .jc-button { flex: none; }
  @container (max-width: 420px) {
    & .jc-slider-legend { display: none; }
    & .jc-history-controls .jc-button { flex: 1 1 auto; text-align: center; }
    & .jc-history-controls .jc-buttons { width: 100%; }
  }
}
@media (prefers-reduced-motion: reduce) { .jc-root .jc-preview { transition: none; } }
@media (forced-colors: active) {
  .jc-root .jc-slider { appearance: auto; }
  .jc-root .jc-slider-marks path { stroke: CanvasText; }
}
`;
