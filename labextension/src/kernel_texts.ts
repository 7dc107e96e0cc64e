/**
 * Texts that the kernel has word for word; `tests/extension/test_kernel_texts.py` compares them.
 */

export const PRACTICE = "Practice model: scripted replies, no network";
/** The practice model plays each of them. */
export const SUGGESTIONS = [
  "What is in this folder?",
  "Explain what this notebook does, step by step.",
  "Find out why the last test failed, and propose a fix.",
];
export const BYPASS_LABEL = "Bypass permissions";
export const BYPASS_MEANS =
  "Claude then runs everything without asking, also commands that delete files or send data. " +
  "This lasts until you choose another mode or the kernel ends.";
export const QUESTION = "Question from Claude";
export const TRUST_FOLDER = "Trust this folder";
export const CHANGED_BY_YOU = "changed by you";
export const PERHAPS_CHANGED = "perhaps changed by you";
export const LOST = "What cannot come back";
export const NO_TURNS = "No turns yet";
export const NOT_ASKED = "(not asked)";
export const ONE_NEW_LINE = "1 new line";
export const NO_OPTION =
  "to begin the prompt with it, put -- before it, or write the prompt on the next line";
