/** Shift+Tab in the text field chooses the next permission mode. */

import { exact } from "../text";
import { trans, translatedName } from "../trans";
import type { PanelLine } from "./line";

/** The modes that the key goes through; never into one that needs a confirmation. */
const ROUND = ["default", "acceptEdits", "plan"];

/** Escape first lets Shift+Tab move the focus, as it does elsewhere. */
export function cycleModes(
  field: HTMLElement,
  line: PanelLine,
  say: (sentence: string) => void,
): void {
  let leaves = false;
  field.addEventListener("keydown", (event) => {
    const isKey = event.key === "Tab" && event.shiftKey;
    if (event.key === "Escape") leaves = !event.defaultPrevented;
    else if (!isKey && event.key !== "Shift") leaves = false;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    const { state } = line.store;
    if (!isKey || !isPlain || leaves || state === null) return;
    if (!(event.target instanceof HTMLTextAreaElement)) return;
    const modes = ROUND.filter((name) => state.modes.some(({ value }) => value === name));
    const next = modes[(modes.indexOf(state.mode) + 1) % modes.length];
    event.preventDefault();
    if (next === undefined) return;
    line.choose("mode", next);
    const chosen = state.modes.find(({ value }) => value === next);
    say(trans.__("Permission mode: %1.", exact(translatedName(chosen?.label ?? next))));
  });
  field.addEventListener("focusout", () => {
    leaves = false;
  });
}
