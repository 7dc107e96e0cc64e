import { expect, test } from "vitest";

import { exact, exactLine, exactText, outputText } from "../src/text";
import { diffCounts, diffView } from "../src/views/diff";

// If it fails: a command looks different from what it runs.
test.each([
  ["echo \u202Ecod.exe\u202C", "echo ⟨U+202E⟩cod.exe⟨U+202C⟩"],
  ["rm\u200B -rf\u00A0/", "rm⟨U+200B⟩ -rf⟨U+00A0⟩/"],
  ["a\u0000b\u001B[31mc\u007F\u0085", "a⟨U+0000⟩b⟨U+001B⟩[31mc⟨U+007F⟩⟨U+0085⟩"],
  ["a\u2066b\u2069\u061C\u200F", "a⟨U+2066⟩b⟨U+2069⟩⟨U+061C⟩⟨U+200F⟩"],
  ["one\r\ntwo\u2028three", "one⟨U+000D⟩\ntwo⟨U+2028⟩three"],
  ["x\u{E0041}y\u3164z\u115F", "x⟨U+E0041⟩y⟨U+3164⟩z⟨U+115F⟩"],
  ["a\uFE0Fb\u200Dc", "a⟨U+FE0F⟩b⟨U+200D⟩c"],
  ["\uD800 alone", "⟨U+D800⟩ alone"],
])("hidden characters show: %j", (text, shown) => {
  expect(exact(text)).toBe(shown);
});

// If it fails: ordinary text is full of marks.
test.each(["if x:\n\tprint('é', 'שלום', '日本', 'naïve')", "👩‍💻 done ✔️ ❤️‍🔥", "$5 \\(x\\)"])(
  "ordinary text stays: %j",
  (text) => {
    expect(exact(text)).toBe(text);
  },
);

// If it fails: markup in a command takes effect.
test("markup stays text", () => {
  const fragment = exactText("<b>\u200B</b><script>");
  expect(Array.from(fragment.querySelectorAll("*"), ({ className }) => className)).toEqual([
    "jc-mark",
  ]);
});

// If it fails: the output of a test run is full of escape codes.
test("output loses its colours and carriage returns at line ends", () => {
  expect(outputText("\u001B[1;31mred\u001B[0m\r\nnext\u202E").textContent).toBe(
    "red\nnext⟨U+202E⟩",
  );
});

const DIFF = `--- a/notes.sql
+++ b/notes.sql
@@ -1,3 +1,3 @@
 select 1
--- an old comment
+++ a new one
 select 2
\\ No newline at end of file`;

// If it fails: the user cannot see what an edit removes or adds, or only by colours.
test("a diff keeps its text, and its headings differ from content", () => {
  const view = diffView(DIFF);
  expect(view.textContent).toBe(`${DIFF}\n`);
  const kinds = Array.from(view.children, ({ className }) => className.split("-").at(-1));
  expect(kinds).toEqual(["file", "file", "hunk", "same", "removed", "added", "same", "same"]);
  expect(diffCounts(DIFF)).toBe("+1 −1");
});

// If it fails: a tool's name, or a card's summary, adds a false line.
test("a name stays on its line", () => {
  expect(exactLine("Bash\n\tRead\u00A0x")).toBe("Bash⟨U+000A⟩⟨U+0009⟩Read⟨U+00A0⟩x");
});
