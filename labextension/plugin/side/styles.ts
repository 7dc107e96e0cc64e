/** How the side panel, its tab and the status bar's item look, around the library's views. */

import { element } from "../../src/dom";

const STYLES = `
.jp-ClaudeSide {
  position: relative; overflow: hidden;
  background: var(--jp-layout-color1); color: var(--jp-ui-font-color1);
}
/* A request's buttons need more than what Lab gives at least; Notebook 7 gives what it has. */
body:not([data-notebook]) #jupyter-claude-panel { min-width: 300px; }
.jp-ClaudeSide:focus { outline: none; }
.jp-ClaudeSide-session { position: absolute; inset: 0; display: flex; flex-direction: column; }
.jp-ClaudeSide-notebook {
  flex: none; margin: 0; padding: 6px 14px 0; overflow: hidden;
  color: var(--jp-ui-font-color2); font-size: var(--jp-ui-font-size0); line-height: 1.4;
  text-overflow: ellipsis; white-space: nowrap;
}
.jp-ClaudeSide-body { flex: 1; min-height: 0; }
.jp-ClaudeSide-notebook[hidden] { display: none; }
/* Not taken away: it keeps where it was scrolled to. */
.jp-ClaudeSide-session[inert] { visibility: hidden; content-visibility: hidden; }
.jp-ClaudeSide-session .jc-root { height: 100%; }
.jp-ClaudeSide-session .jc-root .jc-panel {
  block-size: 100%; min-block-size: 0; border: 0; border-radius: 0;
}
.jp-ClaudeSide-body > p[role="status"] {
  margin: 24px 16px; color: var(--jp-ui-font-color1); font-size: var(--jp-ui-font-size1);
}
.jp-ClaudeSide-placeholder {
  box-sizing: border-box; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 12px; height: 100%; padding: 16px; overflow: auto;
  font-family: var(--jp-ui-font-family); font-size: var(--jp-ui-font-size1); line-height: 1.5;
  text-align: center;
}
.jp-ClaudeSide-placeholder [hidden] { display: none; }
.jp-ClaudeSide-placeholder p { max-width: 30em; margin: 0; overflow-wrap: anywhere; }
.jp-ClaudeSide-placeholder [aria-disabled="true"] { opacity: 0.6; cursor: default; }
.jp-ClaudeSide-title { margin: 0; font-size: var(--jp-ui-font-size2); font-weight: 600; }
.jp-ClaudeSide-problem {
  padding-inline-start: 10px; border-inline-start: 3px solid var(--jp-error-color1);
  text-align: start;
}
/* On the picture, which stands upright; the tab itself is turned. */
.lm-TabBar-tab.jp-mod-claudeWaiting .lm-TabBar-tabIcon { position: relative; }
.lm-TabBar-tab.jp-mod-claudeWaiting .lm-TabBar-tabIcon::after {
  content: ""; position: absolute; top: -3px; right: 4px; width: 8px; height: 8px;
  border: 1px solid var(--jp-layout-color1); border-radius: 50%;
  background: var(--jp-warn-color0, #f57c00); pointer-events: none;
}
.jp-ClaudeStatus {
  display: flex; align-items: center; height: 100%; margin: 0; padding: 0 4px; border: 0;
  background: none; color: inherit; font: inherit; white-space: nowrap; cursor: pointer;
}
.jp-ClaudeStatus:hover { background: var(--jp-layout-color3); }
.jp-ClaudeStatus:focus-visible { outline: 1px solid var(--jp-brand-color1); outline-offset: -1px; }
.jp-ClaudeStatus[data-status="waiting"] { font-weight: 600; }
.jp-ClaudeStatus[data-status="waiting"]::before {
  content: ""; width: 8px; height: 8px; margin-inline-end: 6px; border-radius: 50%;
  background: var(--jp-warn-color0, #f57c00);
}
@media (forced-colors: active) {
  .lm-TabBar-tab.jp-mod-claudeWaiting .lm-TabBar-tabIcon::after, .jp-ClaudeStatus[data-status="waiting"]::before {
    forced-color-adjust: none; background: Highlight;
  }
}
`;

let added = false;

/** Adds the styles to the page, once. */
export function addSideStyles(): void {
  if (!added) document.head.append(element("style", {}, STYLES));
  added = true;
}
