/** The texts on a session outside of its panel. */

import { BYPASS_LABEL } from "../../src/kernel_texts";
import type { KernelMessage } from "@jupyterlab/services";

import { BYPASS, type SessionState } from "../../src/panel/protocol";
import { exact } from "../../src/text";
import type { ISession, Waiting } from "../tokens";

export const CAPTION = "Claude chat";

const STATUS = { idle: "idle", working: "thinking", waiting: "waiting for you" } as const;
const ASKING = "Waiting for the kernel's session. The kernel may be busy with a cell.";
const LONGEST_MODEL = 24; // characters
const LONGEST_NAME = 60; // Lab cuts a notification after 140 characters

const short = (name: string, longest: number): string =>
  name.length > longest ? `${name.slice(0, longest - 1)}…` : name;

/** The tab's title: how many requests wait, and in which notebooks. */
export function caption(waiting: readonly string[]): string {
  if (waiting.length === 0) return CAPTION;
  const where = [...new Set(waiting)].join(", ");
  const requests = waiting.length === 1 ? "a request waits" : `${waiting.length} requests wait`;
  return `${CAPTION}: ${requests} for your answer in ${where}`;
}

/** The text of a notification for a request. */
export function notice({ kind, tool }: Waiting, notebook: string): string {
  const name = short(exact(notebook), LONGEST_NAME);
  if (kind === "question") return `Claude has a question in ${name}`;
  return `Claude asks for permission in ${name}: ${short(exact(tool), LONGEST_NAME)}`;
}

/** The text of the status bar: Claude's state, the model, the context and the cost. */
export function statusText(state: SessionState): string {
  const { status, model, models, context, cost, budget_usd: budget, subscription } = state;
  const label = models.find(({ value }) => value === model)?.label ?? model;
  const limit = budget === null || subscription ? "" : ` of $${budget.toFixed(2)}`;
  return [
    `Claude: ${STATUS[status]}`,
    model === "" ? "default model" : short(exact(label), LONGEST_MODEL),
    context === null ? "" : `${Math.round(context.percent)}% context`,
    cost === "" ? "" : exact(cost) + limit,
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** The warning of the status bar; "" if there is none. */
export const warningText = ({ mode }: SessionState): string =>
  mode === BYPASS ? BYPASS_LABEL : "";

/** The actions to offer without a panel; each is a button. */
export type Offer = "resume" | "load" | "choose";

/** What the placeholder shows. */
export interface Absence {
  readonly title: string;
  readonly text: string;
  readonly offers: readonly Offer[];
}

/** Why there is no panel; null if there is one. */
export function absence(
  session: Pick<ISession, "presence" | "state" | "last"> | null,
  kernel: KernelMessage.Status | "none" | "connecting",
): Absence | null {
  const because = (title: string, text: string, ...offers: Offer[]): Absence => ({
    title,
    text,
    offers,
  });
  if (session === null)
    return because("No notebook", "Open a notebook. Each notebook has its own Claude session.");
  if (session.presence === "present")
    return session.state === null ? because("One moment", ASKING) : null;
  if (kernel === "none")
    return because(
      "No kernel",
      "Claude runs in a notebook's kernel, and this notebook has none.",
      "choose",
    );
  if (kernel === "connecting" || ["starting", "restarting", "autorestarting"].includes(kernel))
    return because("No session yet", "The notebook's kernel is starting.");
  if (kernel === "dead" || kernel === "terminating")
    return because("No session", "The notebook's kernel has ended. Restart it to continue.");
  if (session.presence === "unknown") return because("One moment", ASKING);
  const { last } = session;
  if (last !== null) {
    const ended = "Claude's session has ended, usually because the kernel restarted.";
    // The practice model's conversation is not kept.
    if (last.session_id === null || last.practice) return because("Session ended", ended, "load");
    const kept = `${ended} Pick up where you left off, or start fresh.`;
    return because("Session ended", kept, "resume", "load");
  }
  return because(
    "No session yet",
    "Claude runs in this notebook's kernel and can read its folder. " +
      "Nothing is sent until you ask.",
    "load",
  );
}
