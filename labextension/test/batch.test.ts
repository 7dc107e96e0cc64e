import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { BatchView } from "../src/batch/view";
import type { BatchFromKernel, BatchFromPage, BatchState } from "../src/messages.generated";

/** The kernel's end of a connection, and a view. */
class Bench {
  readonly sent: BatchFromPage[] = [];
  readonly said: string[] = [];
  #listener: (value: unknown) => void = () => undefined;
  readonly view = new BatchView(
    {
      send: (message) => {
        this.sent.push(message);
      },
      subscribe: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
    },
    (sentence) => this.said.push(sentence),
  );

  constructor() {
    document.body.append(this.view.node);
  }

  tell(fields: Partial<BatchState> = {}): void {
    const message: BatchFromKernel = {
      type: "batch",
      state: {
        running: true,
        settled: 142,
        total: 200,
        failed: 3,
        cost_usd: 0.42,
        budget_usd: 2,
        rate: 38.2,
        seconds_left: 91,
        wait: null,
        slowed: false,
        stopping: false,
        ...fields,
      },
    };
    this.#listener(message);
  }

  get bar(): HTMLProgressElement {
    const bar = this.view.node.querySelector("progress");
    if (bar === null) throw new Error("no bar");
    return bar;
  }

  get stop(): HTMLButtonElement {
    const button = this.view.node.querySelector("button");
    if (button === null) throw new Error("no button");
    return button;
  }

  text(name: string): string {
    const node = this.view.node.querySelector<HTMLElement>(`.jc-batch-${name}`);
    return node === null || node.hidden ? "" : node.textContent;
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  document.body.replaceChildren();
});

describe("a batch that runs", () => {
  test("tells how far it is, in words and to screen readers", () => {
    expect(bench.view.node.hidden).toBe(true);
    bench.tell();
    const line = "142 of 200 · 38 a minute · 2 min left · $0.4200 of $2.00 · 3 failed";
    expect(bench.text("line")).toBe(line);
    expect(bench.view.node.getAttribute("aria-label")).toBe("Batch");
    expect([bench.bar.value, bench.bar.max]).toEqual([142, 200]);
    expect(bench.bar.getAttribute("aria-label")).toBe("Rows done");
    expect(bench.bar.getAttribute("aria-valuetext")).toBe(line);
    bench.tell({ total: null, rate: 9.44, seconds_left: null, budget_usd: null, failed: 0 });
    expect(bench.text("line")).toBe("142 · 9.4 a minute · $0.4200");
    expect(bench.bar.hasAttribute("value")).toBe(false);
    expect(bench.said).toEqual([]);
  });

  test("is for everybody", async () => {
    vi.useRealTimers();
    bench.tell({ wait: 12 });
    const rules = { "color-contrast": { enabled: false } }; // jsdom has no layout
    const { violations } = await axe.run(bench.view.node, { rules });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  test("says once that the API is busy", () => {
    for (const wait of [12, 11, 10]) bench.tell({ wait, slowed: true });
    expect(bench.text("slow")).toBe("Slowed down: the API is busy; next row in 10 s");
    expect(bench.said).toEqual(["Slowed down: the API is busy; next row in 12 s"]);
    bench.tell();
    expect(bench.text("slow")).toBe("");
  });

  test("stops once, and keeps the focus", () => {
    bench.tell();
    bench.stop.focus();
    bench.stop.click();
    bench.tell({ stopping: true });
    expect(bench.sent).toEqual([{ type: "batch", do: "stop" }]);
    expect(bench.stop.textContent).toBe("Stopping…");
    expect(document.activeElement).toBe(bench.stop);
    expect(bench.said).toEqual(["Stopping the batch. Rows that are done stay."]);
  });

  test("shows numbers of a wrong kind as nothing, never as markup", () => {
    bench.tell({ settled: "<b>", total: -1, rate: Number.NaN, cost_usd: "x" } as never);
    expect(bench.text("line")).toBe("0 · 2 min left · $0.0000 of $2.00 · 3 failed");
    expect(bench.view.node.querySelector("b")).toBeNull();
  });

  test("offers nothing once the kernel is gone", () => {
    bench.tell();
    bench.view.lose();
    expect(bench.stop.hidden).toBe(true);
    expect(bench.bar.hidden).toBe(true);
  });
});
