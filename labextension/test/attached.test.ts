import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Bench } from "./fixtures";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  bench.close();
});

describe("what a prompt attached", () => {
  // If it fails: the user does not see what went to Claude, or that a secret was kept back.
  test("is a chip that opens to what was sent", () => {
    const view = bench.view();
    bench.snapshot({
      items: [
        {
          id: "a",
          kind: "attached",
          name: "@df",
          title: "DataFrame, 3 rows",
          text: "x  int64\u202E<b>",
          images: [{ media_type: "image/png", data: "iVBORw0KGgo=", alt: "A plot" }],
          note: "1 withheld: df['password']",
        },
      ],
    });
    const chip = view.querySelector("details.jc-chip");
    expect(chip?.querySelector("summary")?.textContent).toBe(
      "@dfDataFrame, 3 rows1 withheld: df['password']",
    );
    expect(chip?.querySelector("pre")?.textContent).toBe("x  int64⟨U+202E⟩<b>");
    expect(chip?.querySelector<HTMLImageElement>(".jc-chip-sent img")?.alt).toBe("A plot");
    // The closed chip shows the picture, small.
    expect(chip?.querySelector<HTMLImageElement>("summary > img")?.src).toContain("iVBORw0KGgo=");
    expect((chip as HTMLDetailsElement).open).toBe(false);
  });

  // If it fails: a turn that does nothing yet says that it is writing, for a chip.
  test("is not what Claude does now", () => {
    const view = bench.view();
    bench.snapshot({
      state: "running",
      items: [
        { id: "a", kind: "attached", name: "@df", title: "", text: "", images: [], note: "" },
      ],
    });
    expect(view.querySelector(".jc-status")?.textContent).toBe("Thinking…");
  });
});
