/**
 * Parses the kernel's messages on the sign-in, as `jupyter_claude/_protocol/sign_in.py` defines
 * them.
 */

import type { SignInFromPage, SignInState } from "../messages.generated";
import { isFields, oneOf, text, type Without, type Words } from "../protocol";

export type { SignInState } from "../messages.generated";

/** What a view asks for. */
export type SignInMessage = Without<SignInFromPage, "type">;

const STAGES: Words<SignInState["stage"]> = {
  closed: true,
  no_cli: true,
  installing: true,
  choose: true,
  starting: true,
  code: true,
  checking: true,
  done: true,
};

// As in `jupyter_claude/_signin/link.py`: kernel and view each check a link before the user can
// open it.
const HOSTS = ["claude.ai", "claude.com", "anthropic.com"];

/** The link if it leads to a sign-in page, else "". */
export function checkedLink(link: string): string {
  if (!/^https:\/\/[A-Za-z0-9%+._~:/?&=-]+$/.test(link)) return "";
  let url: URL;
  try {
    url = new URL(link);
  } catch {
    return "";
  }
  const { hostname, username, password, port, protocol } = url;
  const isKnown = HOSTS.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  const isPlain = protocol === "https:" && username === "" && password === "" && port === "";
  return isKnown && isPlain ? link : "";
}

/** The state in a message; null if the message is about something else. */
export function parseSignIn(value: unknown): SignInState | null {
  if (!isFields(value) || value["type"] !== "signin" || !isFields(value["state"])) return null;
  const { state } = value;
  return {
    stage: oneOf(state["stage"], STAGES, "closed"),
    text: text(state["text"]),
    link: checkedLink(text(state["link"])),
    problem: text(state["problem"]),
    progress: text(state["progress"]),
    console: state["console"] === true,
  };
}

/** What is wrong with a key that was sent; null if the message is about something else. */
export function parseProblem(value: unknown): string | null {
  return isFields(value) && value["type"] === "signin_problem" ? text(value["text"]) : null;
}
