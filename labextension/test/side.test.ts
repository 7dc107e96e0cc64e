import { PageConfig } from "@jupyterlab/coreutils";
import { describe, expect, it, vi } from "vitest";

import { KernelLink } from "../plugin/kernel";
import { LOAD } from "../plugin/load";
import { sessions } from "../plugin/sessions";
import { AnnouncedRequests } from "../plugin/side/announced_requests";
import { keepLast, keptLast } from "../plugin/kept_last";
import { absence, caption, notice, statusText, warningText } from "../plugin/side/words";
import type { LabHello, LabState } from "../src/messages.generated";
import { Signal } from "@lumino/signaling";
import { session as state } from "./fixtures";

// The module needs a whole browser; this test uses only the token.
vi.mock("@jupyterlab/notebook", () => ({ INotebookTracker: {} }));

describe("the helpers of the side panel", () => {
  it("name the state, the model, the context, the cost and the budget", () => {
    expect(statusText(state())).toBe("Claude: idle · default model · $0.0123");
    const models = [{ value: "opus", label: "Opus \u202e5", description: "" }];
    const busy = { status: "working" as const, model: "opus", models, budget_usd: 1.5 };
    const context = { tokens: 10, max: 100, percent: 9.6 };
    expect(statusText(state({ ...busy, context }))).toBe(
      "Claude: thinking · Opus ⟨U+202E⟩5 · 10% context · $0.0123 of $1.50",
    );
    // A subscription's tokens have no limit in dollars.
    expect(statusText(state({ budget_usd: 1, subscription: true, cost: "1k in" }))).toBe(
      "Claude: idle · default model · 1k in",
    );
    expect(statusText(state({ status: "waiting" }))).toContain("waiting for you");
  });

  it("name the mode without requests, and no other", () => {
    expect(warningText(state({ mode: "bypassPermissions" }))).toBe("Bypass permissions");
    expect(warningText(state({ mode: "acceptEdits" }))).toBe("");
  });

  it("name each notebook with a waiting request, once", () => {
    expect(caption([])).toBe("Claude chat");
    expect(caption(["a.ipynb"])).toBe("Claude chat: a request waits for your answer in a.ipynb");
    expect(caption(["a", "b", "a"])).toContain("3 requests wait for your answer in a, b");
  });

  it("keep a notification shorter than JupyterLab's limit", () => {
    const waiting = { id: "1", kind: "permission", tool: "x".repeat(99) } as const;
    expect(notice(waiting, `${"n".repeat(200)}.ipynb`).length).toBeLessThan(160);
    expect(notice({ id: "2", kind: "question", tool: "" }, "a.ipynb")).toBe(
      "Claude has a question in a.ipynb",
    );
  });

  it("say why there is no panel, and offer to load only where that can work", () => {
    const none = { state: null, last: null };
    const absent = { presence: "absent", ...none } as const;
    expect(absence(null, "none")?.title).toBe("No notebook");
    expect(absence(absent, "none")?.title).toBe("No kernel");
    for (const kernel of ["none", "connecting", "starting", "restarting", "dead"] as const)
      expect(absence(absent, kernel)?.offers).not.toContain("load");
    expect(absence(absent, "none")?.offers).toEqual(["choose"]);
    for (const kernel of ["idle", "busy"] as const) {
      const shown = absence(absent, kernel);
      expect(shown?.offers).toEqual(["load"]);
      // Who sees it for the first time does not know what a session is.
      expect(`${shown?.title} ${shown?.text}`).toMatch(/^Chat with Claude Start a conversation/);
    }
    expect(absence({ presence: "present", ...none }, "busy")?.offers).toEqual([]);
    // The kernel was asked, but is busy with a cell: it may have a session.
    expect(absence({ presence: "unknown", ...none }, "busy")).toMatchObject({
      title: "One moment",
      offers: [],
    });
    expect(absence({ presence: "unknown", ...none }, "dead")?.title).toBe("No session");
    expect(absence({ presence: "present", state: state(), last: null }, "busy")).toBeNull();
  });

  it("say after a restart that the session has ended, and offer to resume where that can work", () => {
    const after = (fields: Parameters<typeof state>[0]): ReturnType<typeof absence> =>
      absence({ presence: "absent", state: null, last: state(fields) }, "idle");
    const kept = after({ session_id: "c1" });
    expect(kept?.title).toBe("Session ended");
    expect(kept?.text).toContain("Pick up where you left off");
    expect(kept?.offers).toEqual(["resume", "load"]);
    for (const fields of [{}, { session_id: "c1", practice: true }]) {
      expect(after(fields)?.offers).toEqual(["load"]);
      expect(after(fields)?.text).not.toContain("kept");
    }
  });

  it("remember over a reload that there is a conversation to resume, for each user", () => {
    localStorage.clear();
    PageConfig.setOption("baseUrl", "/user/ann/");
    keepLast(localStorage, "a.ipynb", state({ session_id: "c1" }));
    expect(keptLast(localStorage, "a.ipynb")).toEqual({ session_id: "c1", practice: false });
    expect(keptLast(localStorage, "b.ipynb")).toBeNull();
    PageConfig.setOption("baseUrl", "/user/bob/"); // at the same computer
    expect(keptLast(localStorage, "a.ipynb")).toBeNull();
    PageConfig.setOption("baseUrl", "/user/ann/");
    for (const gone of [{}, { session_id: "c1", practice: true }]) {
      keepLast(localStorage, "a.ipynb", state({ session_id: "c1" }));
      keepLast(localStorage, "a.ipynb", state(gone));
      expect(keptLast(localStorage, "a.ipynb")).toBeNull();
    }
  });

  it("remember announced requests over a reload, but not for ever", () => {
    sessionStorage.clear();
    const told = new AnnouncedRequests(sessionStorage);
    for (let index = 0; index < 60; index++) told.add(`k:${index}`);
    told.add("k:59");
    const after = new AnnouncedRequests(sessionStorage);
    expect([after.has("k:59"), after.has("k:10"), after.has("k:9")]).toEqual([true, true, false]);
    sessionStorage.setItem("jupyter-claude:told", "{");
    expect(new AnnouncedRequests(sessionStorage).has("k:59")).toBe(false);
  });
});

/** The parts of JupyterLab's comm and kernel connection that the link uses. */
class FakeComm {
  onMsg: (message: { content: { data: unknown } }) => void = () => undefined;
  onClose: (message: unknown) => void = () => undefined;
  readonly sent: { type?: string }[] = [];
  isDisposed = false;
  constructor(readonly commId: string) {}
  send(data: { type?: string }): void {
    if (this.isDisposed) throw new Error("Cannot send");
    this.sent.push(data);
  }
  dispose(): void {
    this.isDisposed = true;
  }
  receive(data: unknown): void {
    this.onMsg({ content: { data } });
  }
}

class FakeKernel {
  readonly handleComms = true;
  isDisposed = false;
  readonly statusChanged = new Signal<this, string>(this);
  readonly connectionStatusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  readonly comms = new Map<string, FakeComm>();
  connectionStatus = "connecting";
  present: string[] = [];
  target: (comm: FakeComm) => void = () => undefined;
  language = "python";
  reply: Record<string, unknown> = { status: "ok" };
  code = "";
  executed: unknown[] = [];
  get info(): Promise<unknown> {
    return Promise.resolve({ language_info: { name: this.language } });
  }
  registerCommTarget(_name: string, target: (comm: FakeComm) => void): void {
    this.target = target;
  }
  asked = 0;
  requestCommInfo(): Promise<unknown> {
    this.asked++;
    const comms = Object.fromEntries(this.present.map((id) => [id, {}]));
    return Promise.resolve({ content: { status: "ok", comms } });
  }
  requestExecute(request: { code: string }): { done: Promise<unknown> } {
    this.code = request.code;
    this.executed.push(request);
    return { done: Promise.resolve({ content: this.reply }) };
  }
  hasComm(id: string): boolean {
    return this.comms.has(id);
  }
  createComm(_target: string, id: string): FakeComm {
    const comm = new FakeComm(id);
    this.comms.set(id, comm);
    return comm;
  }
  restart(): void {
    this.comms.clear();
    this.present = [];
    this.statusChanged.emit("restarting");
  }
}

const HELLO: LabHello = {
  type: "hello",
  panel: { id: "panel", code: "c0de", notebook: "p", session: "k1" },
};
const WAITING: LabState = {
  type: "state",
  session: state({ status: "waiting" }),
  waiting: [{ id: "request-1", kind: "permission", tool: "Bash" }],
};

function linked(): { kernel: FakeKernel; link: KernelLink } {
  const kernel = new FakeKernel();
  return { kernel, link: new KernelLink(kernel as never) };
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

describe("the link to a kernel", () => {
  it("finds the session of a kernel that is older than the page", async () => {
    const { kernel, link } = linked();
    kernel.present = ["labComm"];
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    const labComm = kernel.comms.get("labComm");
    expect([link.present, link.state]).toEqual([true, null]);
    expect(labComm?.sent).toEqual([{ type: "hello" }]);
    labComm?.receive(HELLO);
    labComm?.receive({ ...WAITING, waiting: [...WAITING.waiting, "nonsense"] });
    expect(link.state?.status).toBe("waiting");
    expect(link.waiting).toEqual(WAITING.waiting);
    expect(link.process).toBe("k1");
    // A new connection: the link asks for the state again, and opens nothing twice.
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    expect(labComm?.sent).toHaveLength(2);
    expect(kernel.comms.size).toBe(1);
  });

  it("shows a kernel that does not answer that its page may run code", async () => {
    const { kernel } = linked();
    kernel.present = ["labComm"];
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    expect(kernel.executed).toEqual([]); // most kernels know it, and answer at once
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kernel.executed).toEqual([
      expect.objectContaining({ code: "", silent: true, allow_stdin: true }),
    ]);
    expect(kernel.comms.get("labComm")?.sent.length).toBeGreaterThan(1);
    kernel.comms.get("labComm")?.receive(HELLO);
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    kernel.comms.get("labComm")?.receive(HELLO);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kernel.executed).toHaveLength(1);
  });

  it("gives all panels of a kernel one comm, and ends them when it restarts", async () => {
    const { kernel, link } = linked();
    const labComm = new FakeComm("labComm");
    kernel.target(labComm);
    expect(() => link.panel()).toThrow("has not reported");
    labComm.receive(HELLO);
    const [one, other] = [link.panel(), link.panel()];
    expect([one.get("kind"), one.get("code"), one.get("session")]).toEqual(["panel", "c0de", "k1"]);
    expect(kernel.comms.size).toBe(1);
    const [came, lost] = [vi.fn(), vi.fn()];
    one.on("msg:custom", came);
    other.on("msg:custom", came);
    one.on("comm:close", lost);
    kernel.comms.get("panel")?.receive({ type: "snapshot" });
    expect(came).toHaveBeenCalledTimes(2);
    one.send({ type: "hello" });
    expect(kernel.comms.get("panel")?.sent).toEqual([{ type: "hello" }]);
    const changed = vi.fn();
    link.changed.connect(changed);
    kernel.restart();
    expect(lost).toHaveBeenCalledOnce();
    expect([link.present, link.state, link.waiting, link.process]).toEqual([false, null, [], ""]);
    expect(changed).toHaveBeenCalledOnce();
    one.send({ type: "hello" }); // a view that is about to be removed
    await settle();
  });

  it("does not report a session as absent before a busy kernel has answered", async () => {
    const { kernel, link } = linked();
    const changed = vi.fn();
    expect(link.presence).toBe("absent");
    kernel.connectionStatusChanged.emit("connected");
    expect(link.presence).toBe("unknown");
    link.changed.connect(changed);
    await settle();
    expect(link.presence).toBe("absent");
    expect(changed).toHaveBeenCalledOnce();
  });

  it("sends the kernel a second message, in case it overlooked a cell with the first", async () => {
    const { kernel, link } = linked();
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    expect(kernel.asked).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kernel.asked).toBe(2);
    await link.load().catch(() => undefined);
    kernel.isDisposed = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kernel.asked).toBe(3);
  });

  it("notices that another tab has restarted the kernel", async () => {
    const { kernel, link } = linked();
    kernel.present = ["labComm"];
    kernel.connectionStatusChanged.emit("connected");
    await settle();
    kernel.comms.get("labComm")?.receive(HELLO);
    kernel.comms.clear();
    kernel.present = [];
    kernel.statusChanged.emit("starting"); // other tabs get only this
    await settle();
    expect([link.presence, link.process]).toEqual(["absent", ""]);
  });

  it("moves to another notebook of the kernel when the first is closed", async () => {
    const shared = { id: "k" };
    const [first, other] = [0, 1].map(() => Object.assign(new FakeKernel(), shared));
    const tracker = { forEach: () => undefined, currentWidget: null };
    const signal = (): Signal<object, unknown> => new Signal<object, unknown>({});
    const open = [first, other].map((kernel) => ({
      isDisposed: false,
      disposed: signal(),
      context: { path: "a.ipynb" },
      sessionContext: { session: { kernel }, kernelChanged: signal() },
    }));
    const [widgetAdded, currentChanged] = [signal(), signal()];
    const all = await sessions.activate({} as never, { ...tracker, widgetAdded, currentChanged });
    for (const notebook of open) widgetAdded.emit(notebook);
    const session = all.of(open[1] as never);
    const labComm = new FakeComm("labComm");
    first?.target(labComm);
    expect(session?.presence).toBe("present");
    open[0]?.disposed.emit(undefined);
    if (first !== undefined) first.isDisposed = true;
    if (other !== undefined) other.present = ["labComm"];
    first?.disposed.emit(undefined);
    expect(session?.presence).toBe("absent"); // not connected
    other?.connectionStatusChanged.emit("connected");
    await settle();
    expect(session?.presence).toBe("present");
  });

  it("loads the extension, or says in one line why it cannot", async () => {
    const { kernel, link } = linked();
    kernel.language = "R";
    await expect(link.load()).rejects.toThrow("Claude needs a Python kernel; this one speaks R.");
    expect(kernel.code).toBe("");
    kernel.language = "python";
    const name = "No module named 'jupyter_claude'";
    kernel.reply = { status: "error", ename: "ModuleNotFoundError", evalue: name };
    await expect(link.load()).rejects.toThrow("%pip install jupyter-claude");
    kernel.reply = { status: "error", ename: "OSError", evalue: "disk" };
    await expect(link.load()).rejects.toThrow("OSError: disk");
    kernel.reply = { status: "ok" };
    await expect(link.load()).rejects.toThrow("older than this page's");
    kernel.present = ["labComm"];
    await link.load();
    expect(link.present).toBe(true);
    // If it fails: the button runs the jupyter_claude.py of a downloaded folder.
    expect(kernel.code).toBe(LOAD);
    expect(LOAD).toMatch(/^def [^]*sys\.path\[:\] = \[folder for [^]*"load_ext"/);
  });
});
