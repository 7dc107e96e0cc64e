/** Shows the requests that wait for an answer, and moves the focus to them and back. */

import type { Sent } from "../answers";
import type { Answering } from "../connection";
import { arrange, element, focused } from "../dom";
import { askHost } from "../host";
import { ACTIVE, activeCell, mayTakeFocus, watchTyping } from "../focus";
import type { Answer, Request } from "../protocol";
import { trans } from "../trans";
import { ApproveAll, type Joined } from "./approve_all";
import type { RequestView, Waited } from "./card";
import { Guard, settledView } from "./guard";
import { PermissionView } from "./permission";
import { QuestionView } from "./question";
import { Seen } from "./seen";
import { TrustView } from "./trust";

/** The time between two messages that the user writes in a request; the kernel counts minutes. */
const TYPING_MS = 5_000;

/** The element that has the focus, and the notebook's active cell. */
interface FocusTarget {
  active: HTMLElement | null;
  cell: HTMLElement | null;
}

/** Gives the focus back; the cell that gets it becomes the active one. */
function goBack({ active, cell }: FocusTarget): void {
  if (cell?.isConnected && !cell.classList.contains(ACTIVE)) cell.focus({ preventScroll: true });
  if (active?.isConnected && !active.contains(focused())) active.focus({ preventScroll: true });
}

/** A request on screen, or the text that replaces it after the answer. */
interface Slot {
  node: HTMLElement;
  /** Null after the answer. */
  asked: { view: RequestView; guard: Guard; joined: Joined | null } | null;
  /** The last answer that came too early, once the view has handled it. */
  early: Sent | undefined;
  /** Whether it keeps its place after the answer. */
  kept: boolean;
}

export class RequestsView {
  readonly node = element("div", { class: "jc-requests" });
  readonly #connection: Answering;
  readonly #say: (sentence: string) => void;
  readonly #typed: () => number;
  readonly #signal: AbortSignal;
  readonly #all: ApproveAll;
  /** In order of arrival; answered requests stay until none waits any more. */
  readonly #slots = new Map<string, Slot>();
  /** Where the focus was before it moved here. */
  #before: FocusTarget = { active: null, cell: null };
  /** Whether the focus is here, or was here when its element left the page. */
  #hasFocus = false;
  #pressed = false;
  /** Whether the mouse is here: then nothing may move under the mouse. */
  #hovered = false;

  constructor(connection: Answering, say: (sentence: string) => void, signal: AbortSignal) {
    this.#connection = connection;
    this.#say = say;
    this.#typed = watchTyping(signal);
    this.#signal = signal;
    this.#all = new ApproveAll(signal);
    this.node.addEventListener("focusin", ({ relatedTarget }) => {
      this.#hasFocus = true;
      if (this.#pressed || this.#holds(relatedTarget)) return;
      const active = relatedTarget instanceof HTMLElement ? relatedTarget : null;
      this.#before = { active, cell: activeCell(this.node) };
    });
    this.node.addEventListener("focusout", ({ relatedTarget }) => {
      // If the focused element leaves the page, nothing gets the focus.
      if (relatedTarget !== null && !this.#holds(relatedTarget)) this.#hasFocus = false;
    });
    // JupyterLab may replace this view by the finished turn before the view gets the outcome. The
    // focus must go back then too.
    signal.addEventListener("abort", () => {
      const active = focused();
      if (this.#hasFocus && (active === null || this.#holds(active))) goBack(this.#before);
    });
    // On mousedown Lab makes this cell the active one, before the focus moves here. Without this, a
    // click on Approve would leave it active, and the next Shift+Enter would run the prompt again.
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

  /** Shows these requests, in this order; returns whether the user just answered the last one here. */
  update(requests: readonly Request[], outcomes: ReadonlyMap<string, string>): boolean {
    const hadFocus = this.node.contains(focused());
    const isUsed = this.#hovered || this.#hasFocus;
    const waited = this.#waits();
    const fresh: Slot[] = [];
    for (const [id, slot] of this.#slots)
      if (!requests.some((request) => request.id === id))
        this.#settle(slot, outcomes.get(id) ?? trans.__("answered"));
    if (!this.#waits()) this.#slots.clear();
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
      const count =
        slots.length > 1 ? trans.__("%1 of %2", slots.indexOf(slot) + 1, slots.length) : "";
      view?.update(request, sent, count);
      // Only once: updates of a running turn would otherwise restart the guard for ever.
      const early = sent?.state === "early" ? sent : undefined;
      if (early !== undefined && early !== slot.early) guard?.restart();
      slot.early = early;
      if (fresh.includes(slot))
        this.#say([view?.title, count && `, ${count}`, ". ", request.waiting].join(""));
    }
    this.#all.update(
      requests.flatMap(({ id }) => {
        const joined = this.#slots.get(id)?.asked?.joined ?? null;
        const isSent = (this.#connection.sent(id)?.state ?? "early") !== "early";
        return joined === null || isSent ? [] : [joined];
      }),
      this.#hovered && requests.length > 0,
    );
    // After its press it is hidden, and a hidden button loses the focus to the page.
    const waiting = slots.find(({ asked }) => asked !== null);
    if (!this.#all.isOffered && this.#all.node.contains(focused()))
      waiting?.node.focus({ preventScroll: true });
    this.#arrange();
    this.#moveFocus(hadFocus, slots, fresh);
    return isUsed && waited && !this.#waits();
  }

  #waits(): boolean {
    return [...this.#slots.values()].some(({ asked }) => asked !== null);
  }

  /** Arranges the waiting requests, and the answered ones that keep the next one from the mouse. */
  #arrange(): void {
    const shown = [...this.#slots.values()].filter((slot) => slot.asked !== null || slot.kept);
    const nodes = shown.map(({ node }) => node);
    arrange(this.node, this.#all.node.hidden ? nodes : [...nodes, this.#all.node]);
  }

  /** The mouse has left: remove the answered requests that kept their place for it. */
  #letGo(): void {
    for (const slot of this.#slots.values()) slot.kept = false;
    this.#all.letGo();
    this.#arrange();
  }

  #holds(node: unknown): boolean {
    return node instanceof Node && this.node.contains(node);
  }

  #create(request: Request): Slot {
    // What the user pressed may have a guard of its own, such as a menu.
    const send = (answer: Answer, by: Waited = guard): void => {
      const waited = by.waited();
      if (waited === null) return;
      const given = { ...answer, waited };
      // If this view's kernel is gone, the host must not send the answer to another kernel.
      if (this.#connection.answer(request.id, given))
        askHost(this.node, "answer", { request: request.id, answer: given });
    };
    const view = viewOf(request, send, () => guard.waited(), this.#signal);
    const joined = joinedOf(view);
    const guard = new Guard(view.node, view.buttons, this.#signal);
    view.node.dataset["request"] = request.id; // `open_request.ts` finds the request by it
    let quietUntil = 0;
    view.node.addEventListener("input", () => {
      if (performance.now() < quietUntil) return;
      quietUntil = performance.now() + TYPING_MS;
      this.#connection.typing(request.id);
    });
    const asked = { view, guard, joined };
    return { node: view.node, asked, early: undefined, kept: false };
  }

  /** After an answer: the next request must not move under the mouse. */
  #settle(slot: Slot, outcome: string): void {
    if (slot.asked === null) return;
    const { view, guard, joined } = slot.asked;
    guard.end();
    view.end?.();
    joined?.seen.end();
    const text = `${view.title}: ${outcome}`;
    this.#say(text);
    slot.node = settledView(view.node.getBoundingClientRect().height, text);
    slot.asked = null;
    slot.kept = this.#hovered;
  }

  /**
   * After an answer, the focus goes to the next request, or back. A new request takes it if it may.
   */
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

  /** Focuses the dialog, never a button, so that the next key answers nothing. */
  #focus({ node, asked }: Slot): void {
    node.focus({ preventScroll: true });
    asked?.guard.restart();
  }
}

/** A request that may be approved together with others; null if it must be answered alone. */
function joinedOf(view: RequestView): Joined | null {
  if (view.approve === undefined) return null;
  // What is empty or hidden is never on screen.
  const shown = (node: HTMLElement): boolean => !node.hidden && node.textContent !== "";
  const texts = [...view.node.querySelectorAll<HTMLElement>("pre, .jc-request-body > *")];
  const parts = [view.node.querySelector<HTMLElement>(".jc-request-title"), view.buttons, ...texts];
  const seen = new Seen(parts.filter((node) => node !== null).filter(shown), texts.filter(shown));
  return {
    seen,
    approve: (waited) => {
      view.approve?.({ waited: () => waited });
    },
  };
}

function viewOf(
  request: Request,
  send: (answer: Answer, by?: Waited) => void,
  waited: () => number | null,
  signal: AbortSignal,
): RequestView {
  switch (request.kind) {
    case "permission":
      return new PermissionView(request, send, waited, signal);
    case "question":
      return new QuestionView(request, send);
    case "trust":
      return new TrustView(request, send);
  }
}
