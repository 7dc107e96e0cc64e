/**
 * Texts that the kernel has word for word; `tests/extension/test_kernel_texts.py` compares them.
 */

import { trans, type Translator } from "./trans";

export const practiceNote = (): string => trans.__("Practice model: scripted replies, no network");

/** The practice model plays each of them, if it is English. */
export const suggestions = (trans: Translator): string[] => [
  trans.__("What is in this folder?"),
  trans.__("Explain what this notebook does, step by step."),
  trans.__("Find out why the last test failed, and propose a fix."),
];

export const bypassLabel = (): string => trans.__("Bypass permissions");
export const bypassMeans = (): string =>
  trans.__(
    "Claude then runs everything without asking, also commands that delete files or send data. " +
      "This lasts until you choose another mode or the kernel ends.",
  );
export const questionTitle = (): string => trans.__("Question from Claude");
export const trustFolder = (): string => trans.__("Trust this folder");
export const changedByYou = (): string => trans.__("changed by you");
export const perhapsChanged = (): string => trans.__("perhaps changed by you");
export const lost = (): string => trans.__("What cannot come back");
export const noTurns = (): string => trans.__("No turns yet");
export const notAsked = (): string => trans.__("(not asked)");
export const newLines = (count: number): string => trans._n("1 new line", "%1 new lines", count);
