import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { host } from "../src/host";
import { MarkdownStream } from "../src/markdown";
import { Bench, byRole, tool } from "./fixtures";

const PNG = { media_type: "image/png", data: "iVBORw0KGgo=", alt: "Image from Read: a.png" };

function drawn(text: string, complete = true, say: (sentence: string) => void = vi.fn()) {
  const root = document.body.appendChild(document.createElement("div"));
  new MarkdownStream(root, say).set(text, complete);
  vi.runAllTimers(); // until the page is idle
  return root;
}

const fenced = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``;

beforeEach(() => {});
afterEach(() => {
  vi.runAllTimers(); // the module keeps what waits for an idle page, so run it here
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe("code blocks", () => {
  // If it fails: code has no colours, and nobody sees its language.
  test("have their language and colours", () => {
    const root = drawn(fenced("python", 'def f(x):\n    return "a"  # why'));
    expect(root.querySelector(".jc-language")?.textContent).toBe("python");
    const marked = (kind: string) => root.querySelector(`.hljs-${kind}`)?.textContent;
    expect(marked("keyword")).toBe("def");
    expect(marked("string")).toBe('"a"');
    expect(marked("comment")).toBe("# why");
  });

  // If it fails: an answer with one long word blocks the page for many seconds.
  test.each(["a".repeat(19_000), "x = 1\n" + "(".repeat(5_000)])("with long words", (code) => {
    const root = drawn(fenced("cpp", code));
    expect(root.querySelector("[class^=hljs]")).toBeNull();
    expect(root.querySelector("code")?.textContent.trim()).toBe(code);
  });

  // If it fails: a language's short name, or an unknown language, breaks the block.
  test.each([
    ["py", 1],
    ["R", 1],
    ["jl", 1],
    ["ts", 1],
    ["toml", 1],
    ["brainfuck", 0],
    ["", 0],
  ])("in %j", (language, coloured) => {
    const root = drawn(fenced(language, 'x = "1"'));
    expect(root.querySelectorAll(".hljs-string")).toHaveLength(coloured);
    expect(root.querySelector("code")?.textContent).toBe('x = "1"\n');
  });

  // If it fails: streaming stutters, because each piece colours all of the code again.
  test("get colours only when they are complete and the page is idle", () => {
    const root = document.createElement("div");
    const stream = new MarkdownStream(root);
    stream.set("```python\nimport os\n", false);
    vi.runAllTimers();
    expect(root.querySelector("[class^=hljs]")).toBeNull();
    stream.set("```python\nimport os\n```\n\nThen\n", false);
    expect(root.querySelector("[class^=hljs]")).toBeNull();
    vi.runAllTimers();
    expect(root.querySelector(".hljs-keyword")?.textContent).toBe("import");
  });

  // If it fails: a huge file in an answer blocks the page.
  test("stay without colours when they are huge", () => {
    const root = drawn(fenced("python", "import os\n".repeat(6_000)));
    expect(root.querySelector("[class^=hljs]")).toBeNull();
  });

  // If it fails: the highlighter lets HTML in the code through.
  test("stay text with colours", () => {
    const code = '<img src=x onerror="hack()"><script>hack()</script>';
    const root = drawn(fenced("html", code));
    expect(root.querySelector(".hljs-tag")).not.toBeNull();
    expect(root.querySelector("img, script")).toBeNull();
    expect(root.querySelector("code")?.textContent).toBe(`${code}\n`);
  });

  // If it fails: the user must select code by hand, or hears nothing after copying.
  test("can be copied, and say so", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    const say = vi.fn();
    const root = drawn(fenced("sql", "select 1;\nselect 2;"), true, say);
    const button = byRole(root, "button", "Copy");
    button.click();
    await vi.waitFor(() => {
      expect(say).toHaveBeenCalledWith("Copied");
    });
    expect(writeText).toHaveBeenCalledWith("select 1;\nselect 2;");
    expect(button.textContent).toBe("Copied");
    vi.runAllTimers();
    expect(button.textContent).toBe("Copy");
  });

  // If it fails: on a page without https, copying does nothing and says that it did.
  test("say if they could not be copied", async () => {
    vi.stubGlobal("navigator", {});
    const say = vi.fn();
    byRole(drawn(fenced("sql", "select 1"), true, say), "button", "Copy").click();
    await vi.waitFor(() => {
      expect(say).toHaveBeenCalledWith("Could not copy");
    });
  });

  // If it fails: a button does nothing, or is missing where the front end can do the action.
  test("go into a new cell or an existing one, if a host can do that", () => {
    expect(drawn(fenced("python", "x = 1")).textContent).not.toContain("cell");
    const ended = new AbortController();
    const insert = { can: () => true, act: vi.fn() };
    const replace = { can: () => true, act: vi.fn() };
    host({ "insert-cell": insert, "replace-cell": replace }, ended.signal);
    const root = drawn(fenced("python", "x = 1"));
    byRole(root, "button", "Insert as cell below").click();
    byRole(root, "button", "Replace cell…").click();
    for (const { act } of [insert, replace])
      expect(act.mock.calls[0]?.[0]).toEqual({ text: "x = 1", language: "python" });
    expect(root.textContent).toContain("Inserted");
    vi.runAllTimers();
    expect(byRole(root, "button", "Insert as cell below").textContent).toBe("Insert as cell below");
    ended.abort();
  });

  // If it fails: code or prose reads differently from what it is.
  test("and prose show hidden characters as marks", () => {
    const root = drawn(`a\u202Eb 👩\u200D🔬\n\n${fenced("text", "x\u2066y\u001B")}`);
    expect(root.textContent).toContain("a⟨U+202E⟩b 👩\u200D🔬");
    expect(root.querySelector("code")?.textContent).toBe("x⟨U+2066⟩y⟨U+001B⟩\n");
  });
});

// If it fails: a wide table widens the page, or its numbers are not aligned.
test("a table has its own box and aligned columns", () => {
  const root = drawn("| a | b |\n|---|--:|\n| 1 | 2 |");
  const cells = root.querySelectorAll(".jc-table > table td");
  expect(Array.from(cells, (cell) => [cell.textContent, cell.getAttribute("align")])).toEqual([
    ["1", null],
    ["2", "right"],
  ]);
});

describe("formulas", () => {
  const formulas = (text: string): string[] =>
    Array.from(drawn(text).querySelectorAll(".jc-formula"), (node) => node.textContent);

  // If it fails: prices become italics, or formulas lose their underscores.
  test("are not confused with prices", () => {
    expect(formulas("It costs $5 and $6, or $5/month to $7.")).toEqual([]);
    expect(formulas("$a_1 + b_1$ for $5")).toEqual(["$a_1 + b_1$"]);
    const several = "$$\na_1 \\\\\n\nb_1\n$$";
    expect(formulas(`Text\n\n${several}\n\nmore`)).toEqual([several]);
  });

  // If it fails: the typesetter gets a link, or a command that redefines others.
  test("with commands that reach the page are text", () => {
    expect(formulas(String.raw`$\href{javascript:hack()}{x}$ $\def\x{y}$`)).toEqual([]);
  });

  // If it fails: formulas stay raw where the front end can typeset them, or prices are typeset.
  test("are typeset by the page's MathJax, one by one", () => {
    const typesetPromise = vi.fn((nodes: HTMLElement[]) => Promise.resolve(nodes));
    vi.stubGlobal("MathJax", { typesetPromise });
    drawn("$x^2$ for $5, $$y$$");
    vi.runAllTimers();
    const texts = typesetPromise.mock.calls.map(([nodes]) => nodes[0]?.textContent);
    expect(texts).toEqual(["\\(x^2\\)", "$$y$$"]);
  });
});

describe("in a turn", () => {
  let bench: Bench;
  let view: HTMLElement;
  beforeEach(() => {
    bench = new Bench();
    view = bench.view();
  });
  afterEach(() => {
    bench.close();
  });
  const said = (): string => view.querySelector(".jc-announcer")?.textContent ?? "";

  // If it fails: the user reads "[image]" where Claude sees a chart, or a stranger's server gets a
  // request.
  test("shows images of tools, if they are pictures", () => {
    const svg = { ...PNG, media_type: "image/svg+xml" };
    const remote = { ...PNG, data: "https://example.com/a.png" };
    bench.snapshot({ items: [tool({ images: [PNG, svg, remote] })] });
    const images = [...byRole(view, "group", "Tool: Bash").querySelectorAll("img")];
    expect(images.map(({ src, alt }) => [src, alt])).toEqual([
      ["data:image/png;base64,iVBORw0KGgo=", "Image from Read: a.png"],
    ]);
    bench.patch(["put", tool({ images: [PNG], state: "done" })]);
    expect(view.querySelector("img")).toBe(images[0]);
  });

  // If it fails: a subagent's words look like Claude's own answer.
  test("shows a subagent's work in the card of its call", () => {
    const agent = tool({ id: "agent", name: "Agent", progress: "Reading a.csv · 1 tool call" });
    bench.snapshot({ items: [agent, { id: "own", kind: "text", parent: "", text: "Meanwhile" }] });
    bench.patch(
      ["put", { id: "t", kind: "text", parent: "agent", text: "I look." }],
      ["put", tool({ id: "inner", name: "Read", parent: "agent" })],
      ["put", tool({ id: "lost", name: "Glob", parent: "gone" })],
      ["append", "own", " more."],
    );
    const card = byRole(view, "group", "Tool: Agent");
    expect(byRole(card, "group", "Tool: Read").closest("details")?.open).toBe(false);
    expect(card.querySelector(".jc-text")?.textContent).toContain("I look.");
    expect(card.querySelector(".jc-tool-progress")?.textContent).toContain("1 tool call");
    expect(byRole(view, "group", "Tool: Glob").parentElement?.className).toBe("jc-items");
    expect(view.textContent).toContain("Meanwhile more.");
    const before = [...view.querySelectorAll(".jc-tool, .jc-text")];
    bench.snapshot({
      items: [
        agent,
        { id: "own", kind: "text", parent: "", text: "Meanwhile more." },
        { id: "t", kind: "text", parent: "agent", text: "I look." },
        tool({ id: "inner", name: "Read", parent: "agent" }),
        tool({ id: "lost", name: "Glob", parent: "gone" }),
      ],
    });
    expect([...view.querySelectorAll(".jc-tool, .jc-text")]).toEqual(before);
  });

  // If it fails: the user cannot see how far the plan is, or only by colours.
  test("shows a to-do list as a checklist with words", () => {
    const todos = [
      { content: "Read", status: "done" as const },
      { content: "Write", status: "in progress" as const },
    ];
    const plan = tool({ name: "TodoWrite", todos, summary: "1 of 2 done", state: "done" });
    bench.snapshot({ items: [tool({ name: "TodoWrite" })] });
    bench.patch(["put", plan]);
    const card = byRole(view, "group", "Tool: TodoWrite");
    expect(Array.from(card.querySelectorAll("li"), (line) => line.textContent)).toEqual([
      "✓Readdone",
      "▸Writein progress",
    ]);
    expect(card.querySelector("details")?.hidden).toBe(true);
    expect(said()).toContain("To do: 1 of 2 done");
  });

  // If it fails: the user must open each edit to see its size.
  test("shows how many lines an edit adds and removes", () => {
    bench.snapshot({ items: [tool({ name: "Edit", counts: "+3 −1" })] });
    expect(view.querySelector("summary")?.textContent).toContain("+3 −1");
  });

  // If it fails: hidden characters reverse words of thinking and of notices.
  test("marks hidden characters in thinking and notices", () => {
    bench.snapshot({
      items: [
        { id: "a", kind: "thinking", parent: "", text: "one\u202E" },
        { id: "b", kind: "notice", level: "info", text: "say\u202E" },
      ],
    });
    bench.patch(["append", "a", "two\u2066"]);
    expect(view.querySelector(".jc-thinking-text")?.textContent).toBe("one⟨U+202E⟩two⟨U+2066⟩");
    expect(view.querySelector(".jc-notice")?.textContent).toBe("say⟨U+202E⟩");
  });

  // If it fails: an empty "Thinking" stays for ever.
  test("hides thinking that a model does not show", () => {
    const thinking = { id: "a", kind: "thinking" as const, parent: "", text: "" };
    bench.snapshot({ items: [thinking] });
    const shown = view.querySelector<HTMLElement>(".jc-thinking");
    expect(shown?.textContent).toBe("Thinking…");
    bench.patch(["put", { id: "b", kind: "text", parent: "", text: "Answer" }]);
    expect(shown?.hidden).toBe(true);
  });
});
