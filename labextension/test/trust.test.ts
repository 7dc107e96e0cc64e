import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { TrustRequest } from "../src/protocol";
import { Bench, byRole, press } from "./fixtures";

function trust(fields: Partial<TrustRequest> = {}): TrustRequest {
  return {
    id: "trust",
    kind: "trust",
    tool: "Trust this folder",
    path: "/home/me/download",
    description: "This folder brings settings.",
    summary: "1 hook",
    findings: [
      { title: "hook Stop", file: "/home/me/download/.claude/settings.json", text: "rm -rf ~" },
      { title: "setting model", file: "/home/me/download/.claude/settings.json", text: "" },
      { title: "MCP server x", file: "/home/me/.mcp.json", text: "sh -c 'echo \u202Eok'" },
    ],
    trustable: true,
    waiting: "Nothing below has run.",
    ...fields,
  };
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  bench.close();
});

const answers = (): unknown[] =>
  bench.sent.filter((message) => (message as { type: string }).type === "answer");
const ask = (view: ParentNode): HTMLElement =>
  byRole(view, "alertdialog", "Permission request: Trust this folder");

describe("the trust request", () => {
  // If it fails: a stranger's settings count after a no, or never count.
  test.each([
    ["Trust this folder", "allow"],
    ["Continue without its settings", "deny"],
  ])("%s is sent once", (name, behavior) => {
    const view = bench.view();
    bench.snapshot({ requests: [trust()] });
    byRole(view, "button", name).click();
    byRole(view, "button", name).click();
    expect(answers()).toMatchObject([{ request: "trust", behavior }]);
  });

  // If it fails: the key that closes a dialog trusts the folder, or does nothing.
  test("Escape continues without the settings", () => {
    bench.view();
    bench.snapshot({ requests: [trust()] });
    press("Escape");
    expect(answers()).toMatchObject([{ behavior: "deny" }]);
  });

  // If it fails: the user trusts settings that are hidden, or only look harmless.
  test("lists all that was found, by file, with hidden characters marked", () => {
    const view = bench.view();
    bench.snapshot({ requests: [trust()] });
    const shown = ask(view);
    expect([...shown.querySelectorAll("pre")].map(({ textContent }) => textContent)).toEqual([
      "rm -rf ~",
      "sh -c 'echo ⟨U+202E⟩ok'",
    ]);
    expect([...shown.querySelectorAll("li > span")].map(({ textContent }) => textContent)).toEqual([
      "hook Stop",
      "setting model",
      "MCP server x",
    ]);
    expect([...shown.querySelectorAll(".jc-file")].map(({ textContent }) => textContent)).toEqual([
      "/home/me/download",
      "/home/me/download/.claude/settings.json",
      "/home/me/.mcp.json",
    ]);
    expect(shown.textContent).toContain("Found: 1 hook.");
  });

  // If it fails: one click trusts more than anybody can read.
  test("has no button for yes if there is too much to read", () => {
    const view = bench.view();
    bench.snapshot({ requests: [trust({ trustable: false, findings: [] })] });
    const names = [...ask(view).querySelectorAll("button")].map(({ textContent }) => textContent);
    expect(names).toEqual(["Continue without its settings"]);
  });
});
