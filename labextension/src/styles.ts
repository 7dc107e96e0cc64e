/** Adds the styles of all views to a page. */

import BASE from "./base.css";
import BATCH from "./batch/batch.css";
import COLOURS from "./colours.css";
import HISTORY from "./history/history.css";
import COMPOSER from "./panel/composer.css";
import CONVERSATIONS from "./panel/conversations.css";
import PANEL from "./panel/panel.css";
import SHEET from "./panel/sheet.css";
import PROMPTS from "./panel/prompts.css";
import TURN_ACTIONS from "./panel/turn_actions.css";
import SIGN_IN from "./signin/signin.css";
import UNTRUSTED from "./untrusted.css";
import ATTACHED from "./views/attached.css";
import CARDS from "./views/cards.css";
import PARTS from "./views/parts.css";
import REQUEST from "./views/request.css";
import TEXT from "./views/text.css";
import TOOL from "./views/tool.css";

// In this order: a later file changes what an earlier one says.
const STYLES = [
  COLOURS,
  BASE,
  TEXT,
  TOOL,
  ATTACHED,
  REQUEST,
  PARTS,
  CARDS,
  HISTORY,
  PANEL,
  CONVERSATIONS,
  TURN_ACTIONS,
  COMPOSER,
  SHEET,
  PROMPTS,
  SIGN_IN,
  BATCH,
  UNTRUSTED,
].join("");

const ID = "jupyter-claude-styles";

/** Adds the styles once, to the page or to the view's shadow root. */
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
