/** How the panel looks. */

export const PANEL_STYLES = `
.jc-root .jc-panel {
  --jc-side: 14px;
  --jc-radius: 8px;
  container: jc-panel / inline-size;
  display: flex; flex-direction: column; box-sizing: border-box;
  block-size: clamp(320px, 64vh, 760px); min-inline-size: 0;
  border: 1px solid var(--jp-border-color2, var(--jc-border)); border-radius: var(--jc-radius);
  background: var(--jp-layout-color1, transparent);
  overflow: hidden;

  & button, & select { font-family: var(--jp-ui-font-family, inherit); }
  & .jc-panel-header {
    display: flex; flex: none; align-items: center; gap: 0 10px; min-width: 0;
    padding: 5px 6px 5px var(--jc-side);
    border-bottom: 1px solid var(--jp-border-color2, var(--jc-border));
    font-family: var(--jp-ui-font-family, inherit); font-size: var(--jc-small);
  }
  & .jc-panel-heading {
    display: flex; flex: 1; align-items: baseline; gap: 8px; min-width: 0;
  }
  & .jc-panel-title {
    font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  & .jc-panel-status { flex: none; color: var(--jc-quiet); white-space: nowrap; }
  & .jc-panel-status[data-status="waiting"] { color: var(--jc-text); font-weight: 600; }
  & .jc-panel-status::before {
    content: ""; display: inline-block; width: 7px; height: 7px; margin-inline-end: 6px;
    border-radius: 50%; background: var(--jc-brand); vertical-align: 1px;
    animation: jc-breathe 1.6s ease-in-out infinite;
  }
  & .jc-panel-status[data-status="waiting"]::before { background: var(--jc-warn); animation: none; }
  & .jc-panel-cost {
    flex: none; color: var(--jc-quiet); font-variant-numeric: tabular-nums; white-space: nowrap;
  }
  & .jc-panel-cost[data-level="high"] { color: var(--jc-text); font-weight: 600; }
  & .jc-panel-cost[data-level="high"]::before { content: "! "; color: var(--jc-bad); }
  & .jc-panel-buttons { display: flex; flex: none; gap: 2px; }
  & .jc-labelled {
    display: inline-flex; align-items: center; gap: 5px; min-height: 28px; padding: 0 7px;
    border: 0; border-radius: 4px; background: transparent; color: var(--jc-quiet);
    font-size: var(--jc-small); line-height: 1; cursor: pointer; white-space: nowrap;
  }
  & .jc-labelled:hover, & .jc-labelled[aria-expanded="true"] {
    background: var(--jp-layout-color2, var(--jc-fill)); color: var(--jc-text);
  }
  & .jc-icon { flex: none; display: block; }

  & > .jc-practice { flex: none; margin: 8px var(--jc-side); }
  & .jc-turn > .jc-practice { display: none; }
  /* The request in sight says that it waits. */
  &:has(.jc-dock .jc-request) .jc-turn[data-state="running"] > .jc-status { display: none; }
  /* Gives way to what is below it, so that the text field is never cut. */
  & .jc-fold {
    flex: 0 1000 auto; min-height: 72px; max-height: 72%; box-sizing: border-box; overflow: auto; padding: 10px var(--jc-side);
    border-bottom: 1px solid var(--jp-border-color2, var(--jc-border));
    background: var(--jp-layout-color1, transparent);
  }

  & .jc-middle {
    position: relative; display: flex; flex: 1 1 0; flex-direction: column; min-height: 64px;
  }
  & .jc-list {
    flex: 1; min-height: 0; overflow: hidden auto; overflow-anchor: none;
    overscroll-behavior: contain; scrollbar-gutter: stable; scrollbar-width: thin;
  }
  & .jc-list:focus-visible { outline-offset: -2px; }
  & .jc-entry { padding: 10px 0 12px; padding-inline: var(--jc-side) 4px; }
  & .jc-entry > .jc-turn { padding: 0; }
  & .jc-prompt {
    align-self: flex-end; max-width: 88%; box-sizing: border-box; margin-bottom: 2px;
    padding: 7px 12px; border-radius: 12px 12px 3px 12px;
    background: var(--jp-layout-color2, var(--jc-fill));
  }
  & .jc-prompt-text { white-space: pre-wrap; }
  & .jc-prompt-code {
    display: block; margin: 6px 0; padding: 4px 8px; border-radius: 4px; background: var(--jc-fill);
    font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px);
    line-height: 1.4;
  }
  & .jc-waiting {
    align-self: flex-end; display: flex; gap: 8px; margin-top: -6px;
    color: var(--jc-quiet); font-size: var(--jc-small);
  }
  & .jc-link {
    min-height: 24px; padding: 0 4px; border: 0; background: none; color: var(--jc-quiet);
    font-size: var(--jc-small); text-decoration: underline; text-underline-offset: 2px;
  }
  & .jc-link:hover { color: var(--jc-text); background: none; }
  & .jc-skeleton::after {
    content: ""; display: block; height: 44px; border-radius: 6px; background: var(--jc-fill);
  }
  & .jc-latest {
    position: absolute; inset-block-end: 10px; inset-inline: 0; margin-inline: auto;
    border: 1px solid var(--jp-border-color2, var(--jc-border));
    background: var(--jp-layout-color1, Canvas); color: var(--jc-text);
    box-shadow: 0 1px 5px color-mix(in srgb, var(--jc-text) 20%, transparent);
  }

  & .jc-empty {
    box-sizing: border-box; margin: auto;
    display: flex; flex-direction: column; align-items: center; gap: 10px;
    max-width: 34em; max-height: 100%; padding: 16px var(--jc-side); overflow: auto;
    color: var(--jc-quiet); font-size: var(--jc-small); text-align: center;
  }
  & .jc-empty-title { color: var(--jc-text); font-size: 1.45em; font-weight: 600; }
  & .jc-suggestions { display: flex; flex-wrap: wrap; justify-content: center; gap: 6px; margin-top: 4px; }
  & .jc-suggestions .jc-button { border-radius: 15px; }

  & .jc-foot {
    display: flex; flex: 0 1 auto; flex-direction: column; gap: 8px; min-width: 0; min-height: 0;
    padding: 0 var(--jc-side) 12px;
    & > * { flex: none; }
  }
  & .jc-dock { display: flex; flex: 0 1 auto; flex-direction: column; gap: 8px; min-height: 0; }
  & .jc-dock .jc-requests { min-height: 0; overflow: auto; padding: 3px; margin: 0 -3px; }
  /* The buttons stay in sight. */
  & .jc-dock .jc-code { max-height: clamp(11em, 22vh, 24em); }
  /* Only those of a question: they are few, so that they never hide what is asked. */
  & .jc-dock .jc-requests:has(.jc-question) { scroll-padding-block-end: 58px; scrollbar-width: thin; }
  & .jc-dock .jc-request:has(.jc-question) {
    overflow: visible;
    & .jc-buttons {
      position: sticky; bottom: -3px; z-index: 1; padding: 8px 14px 12px; margin: 0 -14px -12px;
      border-top: 1px solid var(--jc-border); border-end-end-radius: 6px;
      background: var(--jp-layout-color1, Canvas);
    }
    /* More comes: what goes below them fades, until the end is in sight. */
    & .jc-buttons::before {
      content: ""; position: absolute; inset: auto 0 calc(100% + 1px); height: 24px; opacity: 0;
      background: linear-gradient(transparent, var(--jp-layout-color1, Canvas)); pointer-events: none;
      animation: jc-more linear; animation-timeline: scroll(nearest block);
    }
  }
  & .jc-outcome, & .jc-panel-note { color: var(--jc-quiet); font-size: var(--jc-small); }
  & .jc-panel-note { padding-inline-start: 10px; border-inline-start: 3px solid var(--jc-warn); }

  & .jc-composer {
    display: flex; flex-direction: column; gap: 2px; padding: 8px 6px 6px 12px;
    border: 1px solid var(--jp-border-color1, var(--jc-border)); border-radius: 10px;
    background: var(--jp-layout-color1, transparent); cursor: text;
  }
  & .jc-composer:focus-within {
    border-color: var(--jc-brand); box-shadow: inset 0 0 0 1px var(--jc-brand);
  }
  & .jc-input {
    box-sizing: border-box; width: 100%; min-height: 1.5em; margin: 0; padding: 0 6px 0 0;
    border: 0; outline: 0 !important; background: transparent; color: inherit; resize: none;
    font: inherit; font-size: var(--jp-content-font-size1, 14px); line-height: 1.5;
  }
  & .jc-where { margin: 0; color: var(--jc-quiet); font-size: var(--jc-small); }
  & .jc-input::placeholder { color: var(--jc-quiet); opacity: 1; }
  & .jc-composer-row { display: flex; align-items: center; gap: 8px; min-width: 0; cursor: default; }
  & .jc-pickers { display: flex; flex: 1; align-items: center; gap: 4px; min-width: 0; margin-inline-start: -6px; }
  & .jc-picker {
    flex: 0 1 auto; min-width: 0; height: 26px; field-sizing: content; padding: 0 2px 0 4px;
    border: 0; border-radius: 4px; background: transparent; color: var(--jc-quiet);
    font-size: var(--jp-ui-font-size0, 12px); text-overflow: ellipsis; cursor: pointer;
  }
  /* A model's long name gives way, not the mode. */
  & .jc-picker:first-child { flex-shrink: 0; }
  & .jc-picker:hover { background: var(--jp-layout-color2, var(--jc-fill)); color: var(--jc-text); }
  & .jc-picker[data-mode="bypassPermissions"] { color: var(--jc-bad); font-weight: 600; }
  & .jc-picker option { background: var(--jp-layout-color1, Canvas); color: var(--jc-text); }
  & .jc-meter {
    display: flex; flex: none; align-items: center; gap: 6px; margin-inline-start: 4px;
    color: var(--jc-quiet); font-size: var(--jp-ui-font-size0, 12px); font-variant-numeric: tabular-nums;
  }
  & .jc-meter-track {
    display: block; width: 36px; height: 4px; border-radius: 2px; overflow: hidden;
    background: color-mix(in srgb, var(--jc-text) 16%, transparent);
  }
  & .jc-meter-bar { display: block; height: 100%; border-radius: 2px; background: var(--jc-quiet); }
  & .jc-meter[data-level="high"] .jc-meter-bar { background: var(--jc-warn); }
  & .jc-meter[data-level="full"] .jc-meter-bar { background: var(--jc-bad); }
  & .jc-meter[data-level="full"] { color: var(--jc-text); font-weight: 600; }
  & .jc-composer-buttons { display: flex; flex: none; gap: 6px; margin-inline-start: auto; }
  & .jc-round {
    display: grid; place-items: center; width: 30px; height: 30px; padding: 0;
    border: 1px solid transparent; border-radius: 50%; background: transparent;
    color: var(--jc-text); cursor: pointer;
  }
  & .jc-round:hover { background: var(--jp-layout-color2, var(--jc-fill)); }
  & .jc-round-primary, & .jc-round-primary:hover { background: var(--jc-button); color: #fff; }
  & .jc-round-primary:hover { background: color-mix(in srgb, var(--jc-button) 85%, #000); }
  & .jc-stop { border-color: var(--jp-border-color1, var(--jc-border)); }
  & .jc-round:disabled {
    border-color: transparent; background: transparent; cursor: default;
    color: color-mix(in srgb, var(--jc-text) 40%, transparent);
  }
  & .jc-stop:disabled { opacity: 0; } /* there is nothing to stop; its place is kept */
  & .jc-round-primary:disabled { background: var(--jp-layout-color2, var(--jc-fill)); }

  @container jc-panel (max-width: 520px) {
    & .jc-labelled-text { display: none; }
    & .jc-meter-track { display: none; }
    & .jc-prompt { max-width: 96%; }
  }
  @container jc-panel (max-width: 460px) {
    & .jc-panel-header { flex-wrap: wrap; }
    & .jc-panel-cost { order: 1; flex-basis: 100%; padding-bottom: 3px; }
  }
  @container jc-panel (max-width: 360px) {
    & .jc-picker { max-width: 6.5em; }
    & .jc-picker + .jc-picker { max-width: 9em; }
    & .jc-dock .jc-code { max-height: 11em; }
    & .jc-entry, & .jc-foot { padding-inline: 10px; }
  }
}
@keyframes jc-more { from, 90% { opacity: 1; } to { opacity: 0; } }
/* In a view of its own the panel takes all the height there is. */
.jp-LinkedOutputView:has(.jc-panel) { container-type: size; }
.jp-LinkedOutputView .jc-root .jc-panel {
  block-size: calc(100cqb - 8px); min-block-size: 240px; border: 0; border-radius: 0;
}
@media (forced-colors: active) {
  .jc-root .jc-panel {
    & .jc-prompt, & .jc-round { border: 1px solid ButtonBorder; }
    & .jc-labelled[aria-expanded="true"] { outline: 1px solid ButtonBorder; outline-offset: -1px; }
    & .jc-meter-bar { forced-color-adjust: none; background: Highlight; }
    & .jc-meter-track { border: 1px solid CanvasText; }
    & .jc-composer:focus-within { outline: 2px solid Highlight; outline-offset: 1px; }
  }
}
`;
