/** Tells the kernel that the user writes a `%%claude` cell, so that it can start Claude Code. */

import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import type { ISession, ISessions } from "../tokens";
import { readMagic } from "./magic";

const AGAIN_MS = 5_000;

/** The extension for all editors. */
export function tellWriting(sessions: ISessions): Extension {
  const told = new WeakMap<ISession, number>();
  return EditorView.updateListener.of(({ docChanged, transactions, state, view }) => {
    // Only what the user types or pastes here, and not what a program or another person changes.
    if (!docChanged || !transactions.some((one) => one.isUserEvent("input"))) return;
    if (readMagic(state.doc.iterLines()) === null) return;
    const session = sessions.all.find(({ notebook }) => notebook.content.node.contains(view.dom));
    if (session?.presence !== "present") return;
    if (performance.now() - (told.get(session) ?? -Infinity) < AGAIN_MS) return;
    told.set(session, performance.now());
    session.send({ type: "writing" });
  });
}
