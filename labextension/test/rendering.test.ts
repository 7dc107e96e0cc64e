/**
 * Draws the cases of `data/rendering.json` with the live view and with JupyterLab's renderer.
 *
 * `tests/extension/test_rendering.py` runs the same cases with the static HTML. `python -m
 * tests.rendering` writes the kernel's data in `data/rendered.json`.
 */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { MIME, TurnRenderer } from "../plugin/renderer";
import type { Turn } from "../src/messages.generated";
import rendered from "./data/rendered.json?raw";
import rendering from "./data/rendering.json?raw";
import { Bench } from "./fixtures";
import { seen, seenIn, type Shown } from "./visible";

// Fakes of what jsdom lacks, and of modules that only failed turns need.
vi.hoisted(() => {
  vi.stubGlobal("DragEvent", MouseEvent);
});
vi.mock("@jupyterlab/rendermime", () => ({ IRenderMimeRegistry: {}, MimeModel: {} }));
vi.mock("../plugin/views", async () => {
  const views = await import("../src/widget");
  return { views: () => Promise.resolve(views), offerViews: () => undefined };
});

interface Case extends Partial<Shown> {
  name: string;
  where: keyof typeof PLACES;
  input: string;
}

/** The kernel's data for a case: for a live view, and for a notebook's file. */
interface Sent {
  name: string;
  live: Partial<Turn>;
  saved: object;
  html: string;
}

/** The selectors of the parts of a turn. */
const PLACES = {
  prose: ".jc-text",
  thinking: ".jc-thinking-text",
  notice: ".jc-notice",
  name: ".jc-tool-name",
  summary: ".jc-tool-summary",
  command: ".jc-tool-part pre",
  input: ".jc-tool-part pre",
  diff: ".jc-tool-part pre",
  counts: ".jc-counts",
  output: ".jc-output",
  note: ".jc-tool-note",
  progress: ".jc-tool-progress",
  todo: ".jc-todo-text",
  image: "img",
  error: ".jc-error",
  practice: ".jc-practice",
  left: ".jc-left",
};

const cases = JSON.parse(rendering) as Case[];
const sent = JSON.parse(rendered) as Sent[];
const drawn = cases.map((each, index) => ({ ...each, sent: sent[index] }));

function shownIn(root: HTMLElement, where: Case["where"]): Shown {
  const part = root.querySelector(PLACES[where]);
  if (part === null) throw new Error(`no ${PLACES[where]}`);
  if (where === "prose") return seenIn(part);
  if (where === "name")
    expect(part.closest("[role=group]")?.getAttribute("aria-label")).toBe(
      `Tool: ${part.textContent}`,
    );
  return seen(part instanceof HTMLImageElement ? part.alt : part.textContent);
}

const expected = ({ text = "", links = [], marks = [] }: Case): Shown => ({ text, links, marks });

// If it fails: a case runs with another case's data.
test("the kernel's data belongs to the cases", () => {
  expect(sent.map(({ name }) => name)).toEqual(cases.map(({ name }) => name));
});

describe("the live view", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => {
    bench.close();
  });

  // If it fails: a running turn shows other words, links or marks than the finished one.
  test.each(drawn)("$where: $name", (each) => {
    const view = bench.view();
    bench.snapshot({ ...each.sent?.live, state: "done" });
    expect(shownIn(view, each.where)).toEqual(expected(each));
  });
});

describe("JupyterLab's renderer", () => {
  // If it fails: a reopened notebook shows other words, links or marks than the live turn.
  test.each(drawn)("$where: $name", async (each) => {
    const renderer = new TurnRenderer({} as never);
    const data = { [MIME]: each.sent?.saved, "text/html": each.sent?.html };
    await renderer.renderModel({ data, metadata: {}, trusted: false } as never);
    expect(shownIn(renderer.node, each.where)).toEqual(expected(each));
    renderer.dispose();
  });
});
