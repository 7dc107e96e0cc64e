/** What the parts of the extension know of each other: the sessions of the open notebooks. */

import type { NotebookPanel } from "@jupyterlab/notebook";
import { Token } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";

import type { PanelFromPage, SessionState, Waiting } from "../src/messages.generated";
import type { Model } from "../src/model";
import type { GivenAnswer } from "../src/protocol";

export type { Waiting } from "../src/messages.generated";

/**
 * "absent": no kernel, or one without the extension; "present": it has a session; "unknown": the
 * kernel has been asked, and may be busy with a cell.
 */
export type Presence = "absent" | "present" | "unknown";

/** The Claude session of one notebook's kernel, whichever kernel that is at the moment. */
export interface ISession {
  readonly notebook: NotebookPanel;
  readonly presence: Presence;
  /** What the kernel last said of itself; null when it is absent or has not answered. */
  readonly state: SessionState | null;
  /** What the last session here said of itself at last, also when it has ended since. */
  readonly last: SessionState | null;
  readonly waiting: readonly Waiting[];
  /** Names the kernel's process, which numbers its requests; "" while it is not known. */
  readonly process: string;
  /** Something of the above is different. */
  readonly changed: ISignal<ISession, void>;
  /** What a message that was sent with `send` led to, when it went wrong, in one line. */
  readonly problem: ISignal<ISession, string>;
  /** Loads the extension into the kernel; rejects with one clear line. */
  load(): Promise<void>;
  /** Tells the session what the panel would. */
  send(message: PanelFromPage): void;
  /** Answers a request, on the control channel as well; never taken twice. */
  answer(request: string, answer: GivenAnswer): void;
  /** A line for the library's chat panel, once there is a state; a new one after each restart. */
  panel(): Model & { dispose(): void };
}

/** The sessions of all open notebooks. */
export interface ISessions {
  /** That of the notebook that was last in front; null without one. */
  readonly current: ISession | null;
  readonly currentChanged: ISignal<ISessions, ISession | null>;
  readonly all: readonly ISession[];
  /** Something of one of them is different, or one came or went. */
  readonly changed: ISignal<ISessions, void>;
  of(notebook: NotebookPanel): ISession | null;
}

export const ISessions = new Token<ISessions>(
  "jupyter-claude:ISessions",
  "The Claude sessions of the open notebooks.",
);
