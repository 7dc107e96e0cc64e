/** The requests that wait for an answer, and the focus that goes to them and back. */

import type { Answering } from "../connection";
import { element, focused, place } from "../dom";
import { askHost } from "../host";
import { mayTakeFocus, watchTyping } from "../focus";
import type { Request } from "../protocol";
import type { RequestView } from "./card";
import { PermissionView } from "./permission";
import { QuestionView } from "./question";

/** The element that has the focus, and the notebook's active cell. */
interface Place {
  active: HTMLElement | null;
  cell: HTMLElement | null;
}

const ACTIVE = "jp-mod-active";

/** The active cell of the notebook that `view` stands in; null where there are no cells. */
function activeCell(view: Element): HTMLElement | null {
  return view.closest(".jp-Notebook")?.querySelector<HTMLElement>(`.jp-Cell.${ACTIVE}`) ?? null;
}

/** Gives the focus back; a cell that gets it becomes the active one. */
function goBack({ active, cell }: Place): void {
  if (cell?.isConnected && !cell.classList.contains(ACTIVE)) cell.focus({ preventScroll: true });
  if (active?.isConnected && !active.contains(focused())) active.focus({ preventScroll: true });
}

export class RequestsView {
  readonly node = element("div", { class: "jc-requests" });
  readonly #connection: Answering;
  readonly #say: (sentence: string) => void;
  readonly #typed: () => number;
  readonly #views = new Map<string, RequestView>();
  /** Where the focus was before it came here. */
  #before: Place = { active: null, cell: null };
  #pressed = false;

  constructor(connection: Answering, say: (sentence: string) => void, signal: AbortSignal) {
    this.#connection = connection;
    this.#say = say;
    this.#typed = watchTyping(signal);
    this.node.addEventListener("focusin", ({ relatedTarget }) => {
      if (this.#pressed || this.#holds(relatedTarget)) return;
      const active = relatedTarget instanceof HTMLElement ? relatedTarget : null;
      this.#before = { active, cell: activeCell(this.node) };
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
    for (const type of ["pointerup", "pointercancel"])
      window.addEventListener(type, () => (this.#pressed = false), { capture: true, signal });
  }

  /** Shows these requests, in this order. */
  update(requests: readonly Request[], outcomes: ReadonlyMap<string, string>): void {
    const hadFocus = this.node.contains(focused());
    const fresh: RequestView[] = [];
    for (const [id, view] of this.#views) {
      if (requests.some((request) => request.id === id)) continue;
      this.#views.delete(id);
      this.#say(`${view.title}: ${outcomes.get(id) ?? "answered"}`);
    }
    for (const request of requests) {
      let view = this.#views.get(request.id);
      if (view === undefined) {
        view = this.#create(request);
        view.node.dataset["request"] = request.id; // for whoever brings the user here
        this.#views.set(request.id, view);
        fresh.push(view);
        this.#say(`${view.title}. ${request.waiting}`);
      }
      view.update(request, this.#connection.sent(request.id));
    }
    const shown = requests.flatMap(({ id }) => this.#views.get(id) ?? []);
    place(
      this.node,
      shown.map(({ node }) => node),
    );
    this.#moveFocus(hadFocus, shown[0], fresh[0]);
  }

  #holds(node: unknown): boolean {
    return node instanceof Node && this.node.contains(node);
  }

  #create(request: Request): RequestView {
    const send = (answer: Parameters<Answering["answer"]>[1]): void => {
      // Where this view's kernel is gone, the host would bring it to another one.
      if (this.#connection.answer(request.id, answer))
        askHost(this.node, "answer", { request: request.id, answer });
    };
    return request.kind === "permission"
      ? new PermissionView(request, send)
      : new QuestionView(request, send);
  }

  /** After an answer: on to the next request, or back. For a new request: here, if it may. */
  #moveFocus(hadFocus: boolean, first?: RequestView, fresh?: RequestView): void {
    if (hadFocus && !this.node.contains(focused())) {
      const before = this.#before;
      if (first !== undefined) {
        first.focus();
        this.#before = before;
      } else goBack(before);
    } else if (fresh !== undefined && mayTakeFocus(this.node, this.#typed())) {
      fresh.focus();
    }
  }
}
