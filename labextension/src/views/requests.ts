/** The requests that wait for an answer, and the focus that goes to them and back. */

import type { Sent } from "../answers";
import type { Answering } from "../connection";
import { arrange, element, focused } from "../dom";
import { askHost } from "../host";
import { ACTIVE, activeCell, mayTakeFocus, watchTyping } from "../focus";
import type { Answer, Request } from "../protocol";
import type { RequestView } from "./card";
import { Guard, settledView } from "./guard";
import { PermissionView } from "./permission";
import { QuestionView } from "./question";
import { TrustView } from "./trust";

/** The element that has the focus, and the notebook's active cell. */
interface FocusTarget {
  active: HTMLElement | null;
  cell: HTMLElement | null;
}

/** Gives the focus back; a cell that gets it becomes the active one. */
function goBack({ active, cell }: FocusTarget): void {
  if (cell?.isConnected && !cell.classList.contains(ACTIVE)) cell.focus({ preventScroll: true });
  if (active?.isConnected && !active.contains(focused())) active.focus({ preventScroll: true });
}

/** A request on screen, or what stands in its place once it is answered. */
interface Slot {
  node: HTMLElement;
  /** Null once it is answered. */
  asked: { view: RequestView; guard: Guard } | null;
  /** The answer to it that came too early, as far as that was noticed. */
  early: Sent | undefined;
  /** Whether its place is kept when it is answered. */
  kept: boolean;
}

export class RequestsView {
  readonly node = element("div", { class: "jc-requests" });
  readonly #connection: Answering;
  readonly #say: (sentence: string) => void;
  readonly #typed: () => number;
  readonly #signal: AbortSignal;
  /** In the order in which they came; the answered ones too, until none waits any more. */
  readonly #slots = new Map<string, Slot>();
  /** Where the focus was before it came here. */
  #before: FocusTarget = { active: null, cell: null };
  /** Whether the focus is here, or was when what has it left the page. */
  #hasFocus = false;
  #pressed = false;
  /** Whether the mouse is here: then nothing may move under it. */
  #hovered = false;

  constructor(connection: Answering, say: (sentence: string) => void, signal: AbortSignal) {
    this.#connection = connection;
    this.#say = say;
    this.#typed = watchTyping(signal);
    this.#signal = signal;
    this.node.addEventListener("focusin", ({ relatedTarget }) => {
      this.#hasFocus = true;
      if (this.#pressed || this.#holds(relatedTarget)) return;
      const active = relatedTarget instanceof HTMLElement ? relatedTarget : null;
      this.#before = { active, cell: activeCell(this.node) };
    });
    this.node.addEventListener("focusout", ({ relatedTarget }) => {
      // What leaves the page leaves the focus to nothing.
      if (relatedTarget !== null && !this.#holds(relatedTarget)) this.#hasFocus = false;
    });
    // JupyterLab may put the finished turn in the place of this view before the view hears of the
    // answer: the focus goes back all the same.
    signal.addEventListener("abort", () => {
      const active = focused();
      if (this.#hasFocus && (active === null || this.#holds(active))) goBack(this.#before);
    });
    // Lab makes this cell the active one on mousedown, before the focus comes here; a click on
    // Approve would leave it so, and the next Shift+Enter would run the same prompt again.
    this.node.addEventListener(
      "pointerdown",
      () => {
        this.#pressed = true;
        const active = focused();
        if (this.#holds(active)) return;
        this.#before = {
          active: active instanceof HTMLElement ? active : null,
          cell: activeCell(this.node),
        };
      },
      { capture: true },
    );
    this.node.addEventListener("pointerenter", () => (this.#hovered = true));
    this.node.addEventListener("pointerleave", () => {
      this.#hovered = false;
      this.#letGo();
    });
    for (const type of ["pointerup", "pointercancel"])
      window.addEventListener(type, () => (this.#pressed = false), { capture: true, signal });
  }

  /** Shows these requests, in this order. */
  update(requests: readonly Request[], outcomes: ReadonlyMap<string, string>): void {
    const hadFocus = this.node.contains(focused());
    const fresh: Slot[] = [];
    for (const [id, slot] of this.#slots)
      if (!requests.some((request) => request.id === id))
        this.#settle(slot, outcomes.get(id) ?? "answered");
    if (![...this.#slots.values()].some(({ asked }) => asked !== null)) this.#slots.clear();
    for (const request of requests) {
      const known = this.#slots.get(request.id);
      if (known !== undefined && known.asked !== null) continue;
      const slot = this.#create(request);
      this.#slots.set(request.id, slot);
      fresh.push(slot);
    }
    const slots = [...this.#slots.values()];
    for (const request of requests) {
      const slot = this.#slots.get(request.id);
      if (slot === undefined) continue;
      const { view, guard } = slot.asked ?? {};
      const sent = this.#connection.sent(request.id);
      const count = slots.length > 1 ? `${slots.indexOf(slot) + 1} of ${slots.length}` : "";
      view?.update(request, sent, count);
      // Once: a turn that goes on would hold its request for ever.
      const early = sent?.state === "early" ? sent : undefined;
      if (early !== undefined && early !== slot.early) guard?.restart();
      slot.early = early;
      if (fresh.includes(slot))
        this.#say([view?.title, count && `, ${count}`, ". ", request.waiting].join(""));
    }
    this.#arrange();
    this.#moveFocus(hadFocus, slots, fresh);
  }

  /** Puts what waits in its order; of what is answered, what keeps the mouse from the next one. */
  #arrange(): void {
    const shown = [...this.#slots.values()].filter((slot) => slot.asked !== null || slot.kept);
    arrange(
      this.node,
      shown.map(({ node }) => node),
    );
  }

  /** The mouse is gone: what was kept for it goes as well. */
  #letGo(): void {
    for (const slot of this.#slots.values()) slot.kept = false;
    this.#arrange();
  }

  #holds(node: unknown): boolean {
    return node instanceof Node && this.node.contains(node);
  }

  #create(request: Request): Slot {
    const send = (answer: Answer): void => {
      const waited = guard.waited();
      if (waited === null) return;
      const given = { ...answer, waited };
      // Where this view's kernel is gone, the host would bring it to another one.
      if (this.#connection.answer(request.id, given))
        askHost(this.node, "answer", { request: request.id, answer: given });
    };
    const view = viewOf(request, send);
    const guard = new Guard(view.node, view.buttons, this.#signal);
    view.node.dataset["request"] = request.id; // for whoever brings the user here
    return { node: view.node, asked: { view, guard }, early: undefined, kept: false };
  }

  /** A request was answered: the next one must not come under the mouse that answered it. */
  #settle(slot: Slot, outcome: string): void {
    if (slot.asked === null) return;
    const { view, guard } = slot.asked;
    guard.end();
    const text = `${view.title}: ${outcome}`;
    this.#say(text);
    slot.node = settledView(view.node.getBoundingClientRect().height, text);
    slot.asked = null;
    slot.kept = this.#hovered;
  }

  /** After an answer: on to the next request, or back. For a new request: here, if it may. */
  #moveFocus(hadFocus: boolean, slots: readonly Slot[], fresh: readonly Slot[]): void {
    const first = slots.find(({ asked }) => asked !== null);
    if (hadFocus && !this.node.contains(focused())) {
      const before = this.#before;
      if (first !== undefined) {
        this.#focus(first);
        this.#before = before;
      } else {
        this.#hasFocus = false;
        goBack(before);
      }
    } else if (fresh[0] !== undefined && mayTakeFocus(this.node, this.#typed())) {
      this.#focus(fresh[0]);
    }
  }

  /** Gives the focus to the dialog, never to a button: the next key answers nothing. */
  #focus({ node, asked }: Slot): void {
    node.focus({ preventScroll: true });
    asked?.guard.restart();
  }
}

function viewOf(request: Request, send: (answer: Answer) => void): RequestView {
  switch (request.kind) {
    case "permission":
      return new PermissionView(request, send);
    case "question":
      return new QuestionView(request, send);
    case "trust":
      return new TrustView(request, send);
  }
}
