/** What the kernel tells of the sign-in; its side is `jupyter_claude/_views/sign_in.py`. */

import { isFields, text } from "../protocol";

const STAGES = [
  "closed",
  "no_cli",
  "installing",
  "choose",
  "starting",
  "code",
  "checking",
  "done",
] as const;

export type Stage = (typeof STAGES)[number];

export interface SignInState {
  stage: Stage;
  /** A sentence on what is. */
  text: string;
  /** The sign-in page; "" where there is none. */
  link: string;
  problem: string;
  /** The last line of an installation. */
  progress: string;
  /** Whether the page is that of the Anthropic Console. */
  console: boolean;
}

export type SignInMessage =
  | { do: "hello" | "practice" | "install" | "cancel" }
  | { do: "login"; console: boolean }
  | { do: "code" | "key"; text: string };

// As in `jupyter_claude/_signin/link.py`: a page is looked at twice before anybody can open it.
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

/** The state in a message as it came; null when it is about something else. */
export function parseSignIn(value: unknown): SignInState | null {
  if (!isFields(value) || value["type"] !== "signin" || !isFields(value["state"])) return null;
  const { state } = value;
  return {
    stage: STAGES.find((stage) => stage === state["stage"]) ?? "closed",
    text: text(state["text"]),
    link: checkedLink(text(state["link"])),
    problem: text(state["problem"]),
    progress: text(state["progress"]),
    console: state["console"] === true,
  };
}

/** What is wrong with a key that was sent; null when the message is about something else. */
export function parseProblem(value: unknown): string | null {
  return isFields(value) && value["type"] === "signin_problem" ? text(value["text"]) : null;
}
