/** The texts on a session outside of its panel. */

import { bypassLabel } from "../../src/kernel_texts";
import type { KernelMessage } from "@jupyterlab/services";

import { BYPASS, type SessionState } from "../../src/panel/protocol";
import { exact } from "../../src/text";
import { trans } from "../../src/trans";
import type { ISession, Waiting } from "../tokens";

const LONGEST_MODEL = 24; // characters
const LONGEST_NAME = 60; // Lab cuts a notification after 140 characters

const short = (name: string, longest: number): string =>
  name.length > longest ? `${name.slice(0, longest - 1)}…` : name;

/** The tab's title: how many requests wait, and in which notebooks. */
export function caption(waiting: readonly string[]): string {
  if (waiting.length === 0) return trans.__("Claude chat");
  return trans._n(
    "Claude chat: a request waits for your answer in %2",
    "Claude chat: %1 requests wait for your answer in %2",
    waiting.length,
    [...new Set(waiting)].join(", "),
  );
}

/** The text of a notification for a request. */
export function notice({ kind, tool }: Waiting, notebook: string): string {
  const name = short(exact(notebook), LONGEST_NAME);
  if (kind === "question") return trans.__("Claude has a question in %1", name);
  return trans.__("Claude asks for permission in %1: %2", name, short(exact(tool), LONGEST_NAME));
}

function workText(status: SessionState["status"]): string {
  if (status === "waiting") return trans.__("Claude: waiting for you");
  return status === "working" ? trans.__("Claude: thinking") : trans.__("Claude: idle");
}

function costText({ cost, budget_usd: budget, subscription }: SessionState): string {
  if (cost === "" || budget === null || subscription) return exact(cost);
  return trans.__("%1 of %2", exact(cost), `$${budget.toFixed(2)}`);
}

/** The text of the status bar: Claude's state, the model, the context and the cost. */
export function statusText(state: SessionState): string {
  const { status, model, models, context } = state;
  const label = models.find(({ value }) => value === model)?.label ?? model;
  return [
    workText(status),
    model === "" ? trans.__("default model") : short(exact(label), LONGEST_MODEL),
    context === null ? "" : trans.__("%1% context", Math.round(context.percent)),
    costText(state),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** The warning of the status bar; "" if there is none. */
export const warningText = ({ mode }: SessionState): string =>
  mode === BYPASS ? bypassLabel() : "";

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
  const asking = (): Absence =>
    because(
      trans.__("One moment"),
      trans.__("Waiting for the kernel's session. The kernel may be busy with a cell."),
    );
  if (session === null)
    return because(
      trans.__("No notebook"),
      trans.__("Open a notebook. Each notebook has its own Claude session."),
    );
  if (session.presence === "present") return session.state === null ? asking() : null;
  if (kernel === "none")
    return because(
      trans.__("No kernel"),
      trans.__("Claude runs in a notebook's kernel, and this notebook has none."),
      "choose",
    );
  if (kernel === "connecting" || ["starting", "restarting", "autorestarting"].includes(kernel))
    return because(trans.__("One moment"), trans.__("The notebook's kernel is starting."));
  if (kernel === "dead" || kernel === "terminating")
    return because(
      trans.__("No session"),
      trans.__("The notebook's kernel has ended. Restart it to continue."),
    );
  if (session.presence === "unknown") return asking();
  const { last } = session;
  if (last !== null) {
    const title = trans.__("Session ended");
    const ended = trans.__("Claude's session has ended, usually because the kernel restarted.");
    // The practice model's conversation is not kept.
    if (last.session_id === null || last.practice) return because(title, ended, "load");
    const kept = trans.__(
      "Claude's session has ended, usually because the kernel restarted. Pick up where you left off, or start fresh.",
    );
    return because(title, kept, "resume", "load");
  }
  return because(
    trans.__("Chat with Claude"),
    trans.__(
      "Start a conversation, then ask about this notebook, its data and its files. Claude runs in the notebook's kernel and can read its folder. Nothing is sent until you ask.",
    ),
    "load",
  );
}
