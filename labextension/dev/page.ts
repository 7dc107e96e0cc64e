/**
 * Shows sample turns; choose with `?dark`, `?bare` (no theme), `?host`, `?only=NUMBER`,
 * `?cards`, `?history`, `?signin=…`, `?batch=…` and `?panel=…`.
 */

import { host } from "../src/host";
import type { Numbered, Turn, TurnSnapshot } from "../src/messages.generated";
import { cards } from "./cards";
import { showHistory } from "./history";
import { mount } from "./mount";
import { showPanel } from "./panel";
import { turns } from "./samples";
import { showBatch } from "./batch";
import { showSignIn } from "./signin";

function show(turn: Turn, parent: HTMLElement): void {
  mount(parent, "turn", ({ type }, reply) => {
    const snapshot: TurnSnapshot & Numbered = { type: "snapshot", seq: 1, turn };
    if (type === "hello") reply(snapshot);
  });
}

const query = new URLSearchParams(location.search);
if (query.has("dark")) document.body.classList.add("dark");
document.body.dataset["jpThemeLight"] = String(!query.has("dark"));
if (query.has("host"))
  host(
    {
      "insert-cell": { can: () => true, act: console.log },
      attach: { can: () => true, act: console.log },
      keys: { can: () => true, act: console.log },
    },
    new AbortController().signal,
  );
if (query.has("bare")) document.body.classList.add("bare");
const only = query.get("only");
const main = document.querySelector("main") ?? document.body;
if (query.has("history")) showHistory(main, query);
if (query.has("signin")) showSignIn(main, query);
if (query.has("batch")) showBatch(main, query);
if (query.has("panel")) showPanel(main, query);
if (query.has("cards")) show(cards, main);
turns.forEach((turn, index) => {
  if (["history", "panel", "cards", "signin", "batch"].some((other) => query.has(other))) return;
  if (only === null || Number(only) === index) show(turn, main);
});
if (query.has("open"))
  new MutationObserver(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  }).observe(main, { childList: true, subtree: true });
