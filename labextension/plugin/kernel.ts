/**
 * The connection to the session in one kernel.
 *
 * The kernel keeps two comms: one reports what the session is doing, the other carries the chat
 * panel's messages. The page finds both and opens none, so that a reload leaves nothing behind. The
 * kernel's side is `jupyter_claude/_views/lab_comm.py`; the messages are defined in
 * `jupyter_claude/_protocol/lab_comm.py`.
 */

import type { Kernel } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import { Signal } from "@lumino/signaling";

import { SnapshotRequest } from "../src/snapshot_request";
import type {
  Answer,
  CellsAsked,
  LabFromPage,
  PanelAddress,
  SessionState,
  Waiting,
  WidgetKind,
} from "../src/messages.generated";
import { parseSession } from "../src/panel/protocol";
import { each, isFields, list, oneOf, text, type GivenAnswer, type Words } from "../src/protocol";
import type { CodeBlock } from "../src/host";
import type { Model } from "../src/model";
import { trans } from "../src/trans";
import { sendOnControl } from "./channel";
import { parseAsked } from "./live/asked";
import { LOAD } from "./load";
import type { Presence } from "./tokens";

const TARGET = "jupyter_claude";
const PANEL_TARGET = "jupyter_claude.panel";
const NUDGE_MS = 500;

type Callback = (content: unknown) => void;
/** The traits that a panel's widget would have. */
type Traits = Readonly<Omit<PanelAddress, "id"> & { kind: WidgetKind }>;

const KINDS: Words<Waiting["kind"]> = { permission: true, question: true, trust: true };

/** A chat panel's model for the library; all panels of a kernel share one comm. */
export class PanelModel implements Model {
  readonly #listeners = new Map<string, Set<Callback>>();
  readonly #traits: Traits;
  readonly #send: Model["send"];
  readonly #disposed: (model: PanelModel) => void;

  constructor(traits: Traits, send: Model["send"], disposed: (model: PanelModel) => void) {
    this.#traits = traits;
    this.#send = send;
    this.#disposed = disposed;
  }

  get(name: keyof Traits): unknown {
    return this.#traits[name];
  }

  send(content: Parameters<Model["send"]>[0]): void {
    this.#send(content);
  }

  on(name: string, callback: Callback): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(callback));
  }

  off(name: string, callback: Callback): void {
    this.#listeners.get(name)?.delete(callback);
  }

  /** Calls the listeners. */
  emit(name: "msg:custom" | "comm:close" | "comm_live_update", content: unknown = null): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(content);
  }

  dispose(): void {
    this.#listeners.clear();
    this.#disposed(this);
  }
}

function parseWaiting(value: unknown): Waiting[] {
  return each(value, (request) => ({
    id: text(request["id"]),
    kind: oneOf(request["kind"], KINDS, "permission"),
    tool: text(request["tool"]),
  }));
}

/** Finds the session in a kernel and exchanges messages with it, until this connection closes. */
export class KernelLink {
  readonly kernel: Kernel.IKernelConnection;
  /** The presence, the state or the waiting requests have changed. */
  readonly changed = new Signal<this, void>(this);
  readonly problem = new Signal<this, string>(this);
  /** The session asks something of an open notebook. */
  readonly asked = new Signal<this, CellsAsked>(this);
  /** This connection is closed; another notebook may have its own connection to the same kernel. */
  readonly ended = new Signal<this, void>(this);
  #labComm: Kernel.IComm | null = null;
  #panel: Kernel.IComm | null = null;
  #traits: Traits | null = null;
  #panelId = "";
  #state: SessionState | null = null;
  #waiting: readonly Waiting[] = [];
  #earlier: ReadonlySet<string> = new Set();
  #seeking = 0;
  /** What waits for the answers of turns, by their ids. */
  readonly #awaited = new Map<string, (blocks: CodeBlock[]) => void>();
  readonly #models = new Set<PanelModel>();
  readonly #snapshotRequest = new SnapshotRequest((attempt) => {
    if (attempt === 1) this.#showThatWeRunCode();
    this.#post({ type: "hello" });
  });

  constructor(kernel: Kernel.IKernelConnection) {
    this.kernel = kernel;
    kernel.registerCommTarget(TARGET, (comm) => {
      this.#join(comm);
    });
    kernel.statusChanged.connect(this.#follow, this);
    kernel.connectionStatusChanged.connect(this.#reconnected, this);
    kernel.disposed.connect(() => {
      this.#leave();
      this.ended.emit();
      Signal.clearData(this);
    });
    if (kernel.connectionStatus === "connected") void this.#seek();
  }

  get presence(): Presence {
    if (this.#labComm !== null) return "present";
    return this.#seeking > 0 ? "unknown" : "absent";
  }

  get present(): boolean {
    return this.#labComm !== null;
  }

  get state(): SessionState | null {
    return this.#traits === null ? null : this.#state;
  }

  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  /** The ids of the turns that the notebook's earlier kernels had. */
  get earlier(): ReadonlySet<string> {
    return this.#earlier;
  }

  /** Identifies the kernel's process, which a restart changes. */
  get process(): string {
    return this.#traits?.session ?? "";
  }

  /** Sends the session a message. */
  send(message: LabFromPage): void {
    this.#post(message);
  }

  /** Answers a request, on both channels; the kernel takes the answer once. */
  answer(request: string, answer: GivenAnswer): void {
    if (!this.present) return;
    const message: Answer = { ...answer, type: "answer", request };
    this.#post(message);
    sendOnControl(this.kernel, message);
  }

  /** The code blocks of the answer to a prompt, once its turn has ended well. */
  answered(turn: string): Promise<readonly CodeBlock[]> {
    return new Promise((resolve) => {
      this.#awaited.set(turn, resolve);
      this.#post({ type: "follow", turn });
    });
  }

  /** Sends a press of Stop on the control channel: it stops code that blocks the kernel. */
  interrupt(id: string): void {
    if (this.present) sendOnControl(this.kernel, { type: "interrupt", id });
  }

  /** Makes a model for a chat panel; throws before the kernel has reported its session. */
  panel(): PanelModel {
    if (this.#traits === null)
      throw new Error(trans.__("The kernel has not reported its session yet."));
    this.#panel ??= this.#openPanel();
    const model = new PanelModel(
      this.#traits,
      (content) => this.#panel?.send({ ...content } as unknown as JSONObject),
      (gone) => this.#models.delete(gone),
    );
    this.#models.add(model);
    return model;
  }

  /** Loads the extension into the kernel; rejects with a line that the user can read. */
  async load(): Promise<void> {
    const { kernel } = this;
    if (!kernel.handleComms)
      throw new Error(
        trans.__(
          "Another tab has the connection to this kernel. Close that tab, and reload the page.",
        ),
      );
    const { language_info: language } = await kernel.info;
    if (language.name !== "python")
      throw new Error(trans.__("Claude needs a Python kernel; this one speaks %1.", language.name));
    const { content } = await kernel.requestExecute({
      code: LOAD,
      silent: true,
      stop_on_error: false,
      // Tells the kernel, until the next cell runs, that it can ask the user.
      allow_stdin: true,
    }).done;
    if (content.status === "error") {
      if (content.ename === "ModuleNotFoundError" && content.evalue.includes("jupyter_claude"))
        throw new Error(
          trans.__(
            "jupyter-claude is not installed for this kernel. Run %pip install jupyter-claude in a cell, and try again.",
          ),
        );
      throw new Error(`%load_ext jupyter_claude: ${content.ename}: ${content.evalue}`);
    }
    if (!this.present) await this.#seek();
    if (!this.present)
      throw new Error(
        trans.__(
          "This kernel's jupyter-claude is older than this page's. Run %pip install -U jupyter-claude, and restart the kernel.",
        ),
      );
  }

  // --- inside -----------------------------------------------------------------------------------

  #follow(_kernel: unknown, status: Kernel.Status): void {
    if (["restarting", "autorestarting", "dead", "terminating"].includes(status)) this.#leave();
    // Another tab has restarted the kernel. JupyterLab reports "restarting" only to that tab.
    if (status === "starting" && this.present) {
      this.#leave();
      void this.#seek();
    }
  }

  #reconnected(_kernel: unknown, status: Kernel.ConnectionStatus): void {
    if (status === "connected") void this.#seek();
  }

  /** Asks the kernel whether there is a session, also after a lost connection. */
  async #seek(): Promise<void> {
    if (!this.kernel.handleComms) return;
    this.#seeking++;
    try {
      await this.#find();
    } finally {
      this.#seeking--;
      if (!this.present) this.changed.emit();
    }
  }

  async #find(): Promise<void> {
    const { kernel } = this;
    let ids: string[];
    try {
      const { content } = await kernel.requestCommInfo({ target_name: TARGET });
      ids = content.status === "ok" ? Object.keys(content.comms) : [];
    } catch {
      return; // the kernel restarted, or was disposed of, meanwhile
    }
    if (kernel.isDisposed) return;
    setTimeout(() => {
      // ipykernel 7.3 may overlook a cell that came together with our message, until the next
      // message.
      if (!kernel.isDisposed)
        kernel.requestCommInfo({ target_name: TARGET }).catch(() => undefined);
    }, NUDGE_MS);
    const id = ids[0];
    if (id === undefined) this.#leave();
    else if (this.#labComm?.commId !== id) {
      if (!kernel.hasComm(id)) this.#join(kernel.createComm(TARGET, id));
    } else {
      this.#snapshotRequest.start();
      for (const model of this.#models) model.emit("comm_live_update");
    }
  }

  #join(comm: Kernel.IComm): void {
    this.#leave();
    this.#labComm = comm;
    comm.onMsg = ({ content }) => {
      if (this.#labComm === comm) this.#receive(content.data);
    };
    comm.onClose = () => {
      if (this.#labComm === comm) this.#leave();
    };
    this.#snapshotRequest.start();
    this.changed.emit();
  }

  /** Drops the session: it is gone, or the whole kernel. */
  #leave(): void {
    if (this.#labComm === null) return;
    this.#snapshotRequest.stop();
    this.#labComm.dispose();
    this.#labComm = this.#traits = this.#state = null;
    this.#waiting = [];
    this.#earlier = new Set();
    this.#panel?.dispose();
    this.#panel = null;
    for (const model of [...this.#models]) model.emit("comm:close");
    this.#models.clear();
    this.changed.emit();
  }

  #receive(message: unknown): void {
    if (!isFields(message)) return;
    const { type, panel, session } = message;
    if (type === "hello" && isFields(panel)) {
      this.#snapshotRequest.stop();
      this.#panelId = text(panel["id"]);
      this.#traits = {
        kind: "panel",
        code: text(panel["code"]),
        notebook: text(panel["notebook"]),
        session: text(panel["session"]),
      };
      this.changed.emit();
    } else if (type === "state" && isFields(session)) {
      this.#state = parseSession(session);
      this.#waiting = parseWaiting(message["waiting"]);
      this.changed.emit();
    } else if (type === "taken") {
      // The kernel may stay busy for a while, but the user has answered.
      this.#waiting = this.#waiting.filter(({ id }) => id !== message["request"]);
      if (this.#waiting.length === 0 && this.#state?.status === "waiting")
        this.#state = { ...this.#state, status: "working" };
      this.changed.emit();
    } else if (type === "problem") this.problem.emit(text(message["text"]));
    else if (type === "answered") {
      const turn = text(message["turn"]);
      const blocks = each(message["blocks"], (block) => ({
        text: text(block["text"]),
        language: text(block["language"]),
      }));
      this.#awaited.get(turn)?.(blocks);
      this.#awaited.delete(turn);
    } else if (type === "earlier") {
      this.#earlier = new Set(list(message["turns"]).map(text));
      this.changed.emit();
    } else if (type === "cells") {
      const asked = parseAsked(message);
      if (asked !== null) this.asked.emit(asked);
    }
  }

  /**
   * Runs no code, as only a user's page may. Before a cell has run in which somebody can be asked,
   * the kernel takes pages for those of Voilà's visitors, and answers no "hello".
   */
  #showThatWeRunCode(): void {
    const request = {
      code: "",
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: true,
    };
    this.kernel.requestExecute(request).done.catch(() => undefined); // the kernel ended meanwhile
  }

  #openPanel(): Kernel.IComm {
    const comm = this.kernel.createComm(PANEL_TARGET, this.#panelId);
    comm.onMsg = ({ content }) => {
      for (const model of [...this.#models]) model.emit("msg:custom", content.data);
    };
    return comm;
  }

  #post(message: LabFromPage): void {
    this.#labComm?.send({ ...message } as unknown as JSONObject);
  }
}

/** Keeps one link for each kernel, because several notebooks may share a kernel. */
export class Links {
  readonly #links = new Map<string, KernelLink>();

  of(kernel: Kernel.IKernelConnection): KernelLink {
    const known = this.#links.get(kernel.id);
    if (known !== undefined && !known.kernel.isDisposed) return known;
    // JupyterLab lets only one of a page's connections to a kernel handle comms. When that one
    // closes, it chooses no other.
    if (known?.kernel.handleComms === true) kernel.handleComms = true;
    const link = new KernelLink(kernel);
    this.#links.set(kernel.id, link);
    kernel.disposed.connect(() => {
      if (this.#links.get(kernel.id) === link) this.#links.delete(kernel.id);
    });
    return link;
  }
}
