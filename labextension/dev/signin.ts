/** Shows a stage of the sign-in; `?signin=choose`, `no_cli`, `installing`, `code` or `done`. */

import type { SignInFromKernel, SignInState } from "../src/messages.generated";
import { mount } from "./mount";

const STAGES: Record<string, Partial<SignInState>> = {
  no_cli: { text: "Claude Code is not installed.", problem: "npm has failed: no space left" },
  installing: { text: "Installing Claude Code", progress: "Downloading, 42 of 98 MB" },
  choose: { text: "You are not signed in to Claude.", problem: "The code has expired." },
  code: { link: "https://claude.ai/oauth/authorize?client_id=1", problem: "The code is wrong." },
  done: { text: "You are signed in as ada@example.com." },
};

export function showSignIn(parent: HTMLElement, query: URLSearchParams): void {
  const stage = (query.get("signin") ?? "") as SignInState["stage"];
  mount(parent, "signin", (_message, reply) => {
    const message: SignInFromKernel = {
      type: "signin",
      state: {
        stage,
        text: "",
        link: "",
        problem: "",
        progress: "",
        console: true,
        ...STAGES[stage],
      },
    };
    reply({ ...message, seq: 1 });
  });
}
