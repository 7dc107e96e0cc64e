/** The interface between the parts of the extension: the sessions of the open notebooks. */

import type { NotebookPanel } from "@jupyterlab/notebook";
import { Token } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";

import type { CellsAsked, LabFromPage, SessionState, Waiting } from "../src/messages.generated";
import type { CodeBlock } from "../src/host";
import type { Model } from "../src/model";
import type { GivenAnswer } from "../src/protocol";

export type { Waiting } from "../src/messages.generated";

/**
 * "absent": no kernel, or a kernel without the extension; "present": the kernel has a session;
 * "unknown": the plugin has asked the kernel, which may be busy with a cell.
 */
export type Presence = "absent" | "present" | "unknown";

/** What is known of a session that has ended. */
export type Ended = Pick<SessionState, "session_id" | "practice">;

/** The Claude session of one notebook's present kernel. */
export interface ISession {
  readonly notebook: NotebookPanel;
  readonly presence: Presence;
  /** The session's state; null if the session is absent or has not reported it. */
  readonly state: SessionState | null;
  /** The last session here, even if it has ended, and also if that was before a reload. */
  readonly last: Ended | null;
  readonly waiting: readonly Waiting[];
  /** The ids of the turns that the notebook's earlier kernels had. */
  readonly earlier: ReadonlySet<string>;
  /** Identifies the kernel's process, which numbers its requests; "" while it is not known. */
  readonly process: string;
  /** One of the above has changed. */
  readonly changed: ISignal<ISession, void>;
  /** Why a message that was sent with `send` failed, in one line. */
  readonly problem: ISignal<ISession, string>;
  /** Loads the extension into the kernel; rejects with a line that the user can read. */
  load(): Promise<void>;
  /** The id of the notebook's connection to the kernel; "" without a kernel. */
  readonly connection: string;
  /** The session asks something of an open notebook; `connection` says of which one. */
  readonly asked: ISignal<ISession, CellsAsked>;
  /** Sends the session a message. */
  send(message: LabFromPage): void;
  /** Answers a request, on the control channel too; the kernel takes the answer once. */
  answer(request: string, answer: GivenAnswer): void;
  /** Sends a press of Stop on the control channel; the kernel counts each `id` once. */
  interrupt(id: string): void;
  /** The code blocks of the answer to a prompt, once its turn has ended well. */
  answered(turn: string): Promise<readonly CodeBlock[]>;
  /**
   * Makes a model for the library's chat panel, once there is a state; a restart needs a new one.
   */
  panel(): Model & { dispose(): void };
}

/** Suggests a cell's new text, for the user to accept or reject. */
export interface ISuggestions {
  /** Shows by itself how the block would change the cell that a prompt is about. */
  suggest(notebook: NotebookPanel, turn: string, block: CodeBlock): void;
}

export const ISuggestions = new Token<ISuggestions>(
  "jupyter-claude:ISuggestions",
  "Suggests the new text of a cell.",
);

/** The sessions of all open notebooks. */
export interface ISessions {
  /** The session of the notebook that was last in front; null without a notebook. */
  readonly current: ISession | null;
  readonly currentChanged: ISignal<ISessions, ISession | null>;
  readonly all: readonly ISession[];
  /** A session has changed, was added, or was removed. */
  readonly changed: ISignal<ISessions, void>;
  of(notebook: NotebookPanel): ISession | null;
}

export const ISessions = new Token<ISessions>(
  "jupyter-claude:ISessions",
  "The Claude sessions of the open notebooks.",
);
