/** A request to use a tool. */

import { element, setLine } from "../dom";
import type { Answer, PermissionRequest } from "../protocol";
import { ALLOW, DENY, type Sent } from "../answers";
import { exact, exactLine, exactText } from "../text";
import { trans } from "../trans";
import { button, Card, type RequestView, type Waited } from "./card";
import { Denial, denying } from "./denial";
import { EditRequest } from "./edit_request";
import { always, Menu } from "./menu";
import { block, detailAbove, detailBelow } from "./permission_detail";
import { planView } from "./plan";
import { codeView, pythonView } from "./tool";

/** The request about what a recording does again. It is no call of Claude's. */
const REPLAY = "replay";

export class PermissionView implements RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  readonly buttons: HTMLElement;
  readonly approve?: (by: Waited) => void;
  readonly #card: Card;
  readonly #denial: Denial;
  #waiting: string;

  /** `waited` says for how long the user could read; null if an answer does not count yet. */
  constructor(
    request: PermissionRequest,
    send: (answer: Answer, by?: Waited) => void,
    waited: () => number | null,
    signal: AbortSignal,
  ) {
    this.title = trans.__("Permission request: %1", exactLine(request.tool));
    this.#waiting = request.waiting;
    const isPlan = request.plan !== null;
    const words = isPlan
      ? {
          label: trans.__("Tell Claude what to change in the plan"),
          again: trans.__("Keep planning"),
          send: trans.__("Keep planning and tell Claude"),
        }
      : {
          label: trans.__("Tell Claude what to do instead"),
          again: trans.__("Deny"),
          send: trans.__("Deny and tell Claude"),
        };
    let first: number | null = null;
    this.#denial = new Denial(words, (message) => {
      send({ ...DENY, message }, { waited: () => first });
    });
    // After Escape there is nothing to write, so the denial goes out at once.
    const card = new Card(
      this.title,
      () => {
        send(DENY);
      },
      exact(request.title === "" ? this.title : request.title),
    );
    this.#card = card;
    this.node = card.node;
    this.buttons = card.buttons;
    if (request.danger !== "") {
      this.node.dataset["danger"] = "true";
      card.body.append(element("p", { class: "jc-danger" }, exact(request.danger)));
    }

    const allow =
      (suggestion: number | null) =>
      (by?: Waited): void => {
        const edited = edit === null ? null : edit.edited();
        if (edited !== undefined) send({ ...ALLOW, suggestion, edited }, by);
      };
    const { more, menu } = suggestions(request, allow, signal);
    const edited = element("p", { class: "jc-edited", role: "status" });
    setLine(edited, "");
    const effects = element(
      "div",
      { class: "jc-effects" },
      ...request.effects.map((line) => element("p", {}, exactLine(line))),
    );
    effects.dataset["before"] = trans.__("Before your edit:");
    const edit = editable(request, (isEdited, isOpen) => {
      setLine(edited, isEdited && request.code === null ? trans.__("Edited by you") : "");
      effects.toggleAttribute("data-stale", isOpen);
      // "Always allow" is for Claude's command, not for the user's.
      if (request.command === null) return;
      menu?.close();
      for (const node of more) node.hidden = isOpen;
    });
    card.body.append(...detailAbove(request));
    if (edit !== null) card.body.append(...edit.nodes, edited);
    else if (request.command !== null)
      card.body.append(...block(request.command, codeView(exactText(request.command))));
    if (request.effects.length > 0) card.body.append(effects);
    card.body.append(...detailBelow(request));

    const approve = marked("approve", trans.__("Approve"), "primary", () => {
      allow(null)();
    });
    const deny = marked("deny", words.again, "plain", () => {
      if (this.#denial.isOpen) {
        this.#denial.finish();
        return;
      }
      if (request.tool === REPLAY) {
        send(DENY); // there is nobody to tell what to do instead
        return;
      }
      first = waited();
      if (first === null) return;
      menu?.close();
      // First the focus: a hidden button would lose it to the page.
      this.#denial.begin();
      this.buttons.hidden = true;
      card.say(denying(isPlan), this.#waiting);
    });
    const edits = edit === null ? [] : [edit.button];
    // Deny has the same place in each request: who presses it by habit must not approve more.
    if (isPlan) this.buttons.append(...more, ...edits, deny);
    else this.buttons.append(approve, deny, ...edits, ...more);
    card.row.append(this.#denial.node);
    if (menu !== null) card.row.after(menu.node);
    // What must be read by itself is not approved together with others.
    if (request.danger === "" && !isPlan && request.tool !== REPLAY) this.approve = allow(null);
    signal.addEventListener("abort", () => {
      this.#denial.finish();
    });
  }

  update(request: PermissionRequest, sent: Sent | undefined, count: string): void {
    this.#waiting = request.waiting;
    // The answer did not count, or was lost: the user must answer again.
    if ((sent?.state ?? "early") === "early" && !this.#denial.isOpen) {
      this.#denial.reset();
      this.buttons.hidden = false;
      this.#card.say(null, request.waiting);
    }
    const sending =
      sent?.answer.behavior === "allow" ? trans.__("Approving…") : trans.__("Denying…");
    this.#card.update(request.waiting, sent, sending, count);
  }

  end(): void {
    this.#denial.end();
  }
}

/** A button with a name that does not change with the language; JupyterLab's commands press it. */
function marked(
  name: string,
  label: string,
  kind: "primary" | "plain",
  press: () => void,
): HTMLButtonElement {
  const node = button(label, kind, press);
  node.dataset["answer"] = name;
  return node;
}

/** The buttons that approve more than this call: one for one, a menu for several. */
function suggestions(
  request: PermissionRequest,
  allow: (suggestion: number) => (by?: Waited) => void,
  signal: AbortSignal,
): { more: HTMLButtonElement[]; menu: Menu | null } {
  const entries = request.suggestions.map(({ index, label }) => ({
    label: exact(label),
    press: allow(index),
  }));
  if (request.plan === null && entries.length > 1) {
    const menu = new Menu(always(), entries, signal);
    return { more: [menu.button], menu };
  }
  const more = entries.map(({ label, press }, index) =>
    button(label, request.plan !== null && index === 0 ? "primary" : "plain", () => {
      press();
    }),
  );
  return { more, menu: null };
}

/** The part of a request that the user may edit; null if there is none. */
function editable(
  { plan, code, command, editable: isEditable }: PermissionRequest,
  changed: (isEdited: boolean, isOpen: boolean) => void,
): EditRequest | null {
  const of = (text: string, label: string, draw: () => readonly HTMLElement[]): EditRequest =>
    new EditRequest({ text, label, draw, changed });
  if (plan !== null) return of(plan, trans.__("Plan"), () => [planView(plan)]);
  if (code !== null) return of(code, trans.__("Code to run"), () => [pythonView(code)]);
  if (command === null || !isEditable) return null;
  return of(command, trans.__("Command to run"), () =>
    block(command, codeView(exactText(command))),
  );
}
