import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type {
  ConversationRow,
  Head,
  HistoryFromKernel,
  PanelFromPage,
} from "../src/messages.generated";
import { ConversationsView } from "../src/panel/conversations";
import { PanelLine } from "../src/panel/line";
import { Outbox } from "../src/panel/outbox";
import { mergePanelChanges, noPanelChanges } from "../src/panel/store";
import { PanelView } from "../src/panel/view";
import { byRole, session, text as said, turn } from "./fixtures";

let sent: PanelFromPage[] = [];
let seq = 0;
let line: PanelLine;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = (): void => undefined;
      unobserve = (): void => undefined;
      disconnect = (): void => undefined;
    },
  );
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(100);
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(1_000);
  localStorage.clear();
  [sent, seq] = [[], 0];
  line = new PanelLine(
    (message) => sent.push(message),
    new Outbox(localStorage, "place", "kernel"),
  );
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const receive = (message: object): void => {
  line.receive({ ...message, seq: ++seq });
};
const row = (fields: Partial<ConversationRow> = {}): ConversationRow => ({
  id: "one",
  title: "Prices",
  time: "2026-11-30T10:00:00+00:00",
  turns: 2,
  cost: "$0.0100",
  mine: true,
  present: false,
  excerpt: "",
  ...fields,
});
/** The last message of this type that the page sent. */
function last<T extends PanelFromPage["type"]>(type: T): Extract<PanelFromPage, { type: T }> {
  const found = sent.findLast((message) => message.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found as Extract<PanelFromPage, { type: T }>;
}
const press = (node: Element, key: string): void => {
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};
const found = (rows: ConversationRow[], ask = last("conversations").ask, done = true): void => {
  receive({ type: "conversations", event: "found", ask, rows, done, more: false, deleted: [] });
};

function list(): { view: ConversationsView; closed: () => void; opened: () => void } {
  const [closed, opened] = [vi.fn(), vi.fn()];
  const view = new ConversationsView(line, () => undefined, opened, closed);
  document.body.append(view.node);
  vi.advanceTimersByTime(0);
  return { view, closed, opened };
}

function input(view: ConversationsView, selector: string): HTMLInputElement {
  const found = view.node.querySelector<HTMLInputElement>(`input${selector}`);
  if (found === null) throw new Error(`no input ${selector}`);
  return found;
}

// If it fails: a list mixes the answers of two searches, or a title hides what it is.
test("the list takes only its own answers, and shows texts as they are", () => {
  const { view } = list();
  const first = last("conversations").ask;
  found([row()], "another/1");
  expect(view.node.querySelector("li.jc-conversation")).toBeNull();
  found([row({ title: "<b>a\u202Eb</b>" })], first, false);
  found([row({ id: "two", mine: false, excerpt: "…the MEAN of it" })], first);
  expect(view.node.textContent).toContain("<b>a⟨U+202E⟩b</b>");
  expect([...view.node.querySelectorAll("h3")].map((title) => title.textContent)).toEqual([
    "This notebook",
    "This folder",
  ]);
  const field = input(view, "[type=search]");
  field.value = "mean";
  field.dispatchEvent(new Event("input"));
  vi.advanceTimersByTime(1_000);
  expect(last("conversations")).toMatchObject({ action: "list", find: "mean" });
  found([row()], first); // too late
  expect(view.node.querySelectorAll("li.jc-conversation")).toHaveLength(2);
  found([row({ excerpt: "…the MEAN of it" })]);
  expect(view.node.querySelectorAll("li.jc-conversation")).toHaveLength(1);
  expect(view.node.querySelector("mark")?.textContent).toBe("MEAN");
});

// If it fails: Escape in a new title closes the list, or keeps half a title.
test("Escape ends what is innermost; a refusal is one line", () => {
  const { view, closed, opened } = list();
  found([row()]);
  byRole(view.node, "button", "Rename Prices").click();
  const name = input(view, "[aria-label='New title']");
  name.value = "Half a ti";
  press(name, "Escape");
  expect(closed).not.toHaveBeenCalled();
  expect(last("conversations").action).toBe("list");
  expect(document.activeElement?.textContent).toContain("Prices");
  byRole(view.node, "button", "Delete Prices").click();
  const { ask } = last("conversations");
  receive({ type: "conversations", event: "error", ask, text: "It is open here" });
  expect(view.node.querySelector("[role=alert]")?.textContent).toBe("It is open here");
  expect(opened).not.toHaveBeenCalled();
  press(view.node, "Escape");
  expect(closed).toHaveBeenCalledOnce();
});

const head = (number: number): Head => ({
  id: `turn-${String(number)}`,
  number,
  prompt: `question ${String(number)}`,
  state: "done",
  time: "",
  requests: 0,
  withdrawable: false,
});

function panel(): HTMLElement {
  const view = new PanelView(line, () => undefined, new AbortController().signal);
  document.body.append(view.node);
  line.subscribe((more) => {
    const changes = noPanelChanges();
    mergePanelChanges(changes, more);
    view.update(changes);
  });
  view.start();
  line.hello();
  const turns = [head(1), head(2)];
  receive({ type: "snapshot", panel: { state: session(), draft: "my draft", turns } });
  for (const number of [1, 2])
    receive({
      type: "turn",
      turn: turn({
        id: `turn-${String(number)}`,
        number,
        prompt: `question ${String(number)}`,
        state: "done",
        items: [said({ text: "Answer" })],
      }),
    });
  return view.node;
}

const answer = (message: Partial<HistoryFromKernel>): void => {
  receive({ type: "history", ask: (last("history") as { ask: string }).ask, ...message });
};
const PLAN = {
  key: "k",
  can_rewind: true,
  reason: "",
  files: [],
  turns: ["Turn 2: question 2"],
  irreversible: [],
};

// If it fails: an edited prompt, or the draft before it, is lost when the kernel refuses.
test("an edited prompt stays until the kernel has sent it, and the draft comes back", () => {
  const view = panel();
  const field = byRole(view, "textbox", "Message Claude") as HTMLTextAreaElement;
  expect(field.value).toBe("my draft");
  view.querySelectorAll<HTMLElement>("[aria-label='Edit and resend']")[0]?.click();
  expect(field.value).toBe("question 1");
  expect(view.textContent).toContain("Editing turn 1: sending removes turns 1 to 2.");
  field.value = "better";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  press(field, "Enter"); // before the user has seen what would change
  expect(last("history")).toMatchObject({ action: "preview", stop: 0 });
  answer({ event: "plan", plan: PLAN, changed: false } as never);
  press(field, "Enter");
  press(field, "Enter");
  expect(sent.filter((message) => "action" in message && message.action === "resend")).toHaveLength(
    1,
  );
  expect(last("history")).toMatchObject({ action: "resend", key: "k", prompt: "better" });
  answer({ event: "error", text: "A turn is running" } as never);
  expect(field.value).toBe("better");
  expect(line.draft).toBe("my draft");
  press(field, "Escape");
  expect(field.value).toBe("my draft");
});

// If it fails: the user reads three times which turns go, and misses which files change.
test("an edited prompt says once what it removes, and then only what else changes", () => {
  const view = panel();
  view.querySelectorAll<HTMLElement>("[aria-label='Edit and resend']")[0]?.click();
  const file = {
    path: "/x/notes.txt",
    name: "notes.txt",
    action: "restore",
    insertions: 1,
    deletions: 2,
    changed_by_you: false,
    chosen: true,
    cell: false,
    diff: "",
  };
  const plan = { ...PLAN, files: [file], turns: ["Turn 1: question 1", "Turn 2: question 2"] };
  answer({ event: "plan", plan, changed: false } as never);
  const preview = byRole(view, "region", "Rewind preview");
  expect(preview.textContent).toBe("1 file changes, +1 −2restorenotes.txt+1 −2");
  expect(preview.closest(".jc-resend")?.textContent.match(/turn/gi)).toHaveLength(2);
  const box = view.querySelector<HTMLInputElement>(".jc-choose input");
  box?.click();
  answer({
    event: "plan",
    plan: { ...PLAN, key: "l", irreversible: ["ls"] },
    changed: false,
  } as never);
  expect(preview.textContent).toBe("What cannot come backls");
  box?.click();
  const refused = { ...PLAN, key: "m", can_rewind: false, reason: "A turn is running" };
  answer({ event: "plan", plan: refused, changed: false } as never);
  expect(preview.textContent).toBe("A turn is running");
});

// If it fails: a cell adds a turn while the user edits, and sending removes it unsaid.
test("an edited prompt says which turns go also when a later one came", () => {
  const view = panel();
  view.querySelectorAll<HTMLElement>("[aria-label='Edit and resend']")[1]?.click();
  const plan = { ...PLAN, irreversible: ["ls"] };
  answer({ event: "plan", plan, changed: false } as never);
  const banner = view.querySelector(".jc-resend");
  expect(banner?.textContent).toContain("Editing turn 2: sending replaces it.");
  receive({
    type: "snapshot",
    panel: { state: session(), draft: "my draft", turns: [head(1), head(2), head(3)] },
  });
  vi.advanceTimersByTime(3_000);
  press(byRole(view, "textbox", "Message Claude"), "Enter");
  answer({ event: "plan", plan: { ...plan, key: "l" }, changed: true } as never);
  expect(banner?.textContent).toContain("Editing turn 2: sending removes turns 2 to 3.");
  expect(banner?.textContent).toContain("The result has changed.");
});

// If it fails: "Retry" changes files that the user did not see, or asks for a click too many.
test("a retry is sent at once only if it changes nothing else", () => {
  const view = panel();
  const retry = view.querySelectorAll<HTMLElement>("[aria-label='Retry']")[1];
  retry?.click();
  answer({ event: "plan", plan: { ...PLAN, irreversible: ["ls"] }, changed: false } as never);
  expect(last("history")).toMatchObject({ action: "preview", stop: 1 });
  expect(byRole(view, "region", "Rewind preview").textContent).toContain("ls");
  byRole(view, "button", "Cancel").click();
  retry?.click();
  answer({ event: "plan", plan: PLAN, changed: false } as never);
  expect(last("history")).toMatchObject({ action: "resend", prompt: "question 2" });
});
