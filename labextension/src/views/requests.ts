/** The requests that wait for an answer, and the focus that goes to them and back. */

import type { Connection } from "../connection";
import { element, focused, place } from "../dom";
import { mayTakeFocus, watchTyping } from "../focus";
import type { Request } from "../protocol";
import type { RequestView } from "./card";
import { PermissionView } from "./permission";
import { QuestionView } from "./question";

export class RequestsView {
  readonly node = element("div", { class: "jc-requests" });
  readonly #connection: Connection;
  readonly #say: (sentence: string) => void;
  readonly #typed: () => number;
  readonly #views = new Map<string, RequestView>();
  /** Where the focus was before it came here. */
  #before: HTMLElement | null = null;

  constructor(connection: Connection, say: (sentence: string) => void, signal: AbortSignal) {
    this.#connection = connection;
    this.#say = say;
    this.#typed = watchTyping(signal);
    this.node.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && this.node.contains(relatedTarget)) return;
      this.#before = relatedTarget instanceof HTMLElement ? relatedTarget : null;
    });
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

  #create(request: Request): RequestView {
    const send = (answer: Parameters<Connection["answer"]>[1]): void => {
      this.#connection.answer(request.id, answer);
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
      } else if (before?.isConnected) before.focus({ preventScroll: true });
    } else if (fresh !== undefined && mayTakeFocus(this.node, this.#typed())) {
      fresh.focus();
    }
  }
}
