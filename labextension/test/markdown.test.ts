import { beforeEach, describe, expect, test, vi } from "vitest";

import { FORMULA_CLASS } from "../src/formulas";
import { MarkdownStream } from "../src/markdown";

let root: HTMLElement;
let stream: MarkdownStream;

beforeEach(() => {
  root = document.createElement("div");
  stream = new MarkdownStream(root);
});

function whole(text: string): string {
  const fresh = document.createElement("div");
  new MarkdownStream(fresh).set(text, true);
  return html(fresh);
}

/** The shown HTML, without the two elements around its halves. */
function html(shown: HTMLElement): string {
  return Array.from(shown.children, (half) => half.innerHTML).join("");
}

const SAMPLE = `# Title

First *paragraph*
goes on.

- one
- two

  still two

1. first
2. second

| a | b |
|---|---|
| 1 | 2 |

\`\`\`python
x = "\`\`"

- not a list
\`\`\`

> quote
lazy

heading
---

[later]: https://example.com/later

See [later] and https://example.com/.

~~~~
open
~~~
still open`;

test("formulas keep their source text, and prices are text", () => {
  const text = String.raw`$a_1 b_2 c_1$, \(x_1 * y * z_1\), cost $5 *now* and $6 later, \$7`;
  expect(whole(text).trim()).toBe(
    String.raw`<p><span class="${FORMULA_CLASS}">$a_1 b_2 c_1$</span>, ` +
      String.raw`<span class="${FORMULA_CLASS}">\(x_1 * y * z_1\)</span>, ` +
      "cost $5 <em>now</em> and $6 later, $7</p>",
  );
});

describe("untrusted text", () => {
  // If it fails: text of the model, or of a file that it read, runs as script in the user's page.
  test.each([
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<a href='javascript:hack()'>x</a>",
    "<iframe srcdoc='<script>hack()</script>'></iframe>",
    "[x](javascript:hack())",
    "[x](JaVaScRiPt:hack())",
    "[x](java&#10;script:hack())",
    "[x](data:text/html,<script>hack()</script>)",
    "[x](vbscript:hack())",
    '[x](https://example.com "\\" onmouseover=\\"hack()")',
    "![x](javascript:hack())",
    "<svg><style><img src=x onerror=hack()></style></svg>",
    "```<img src=x onerror=hack()>\n</code><script>hack()</script>\n```",
    '<https://example.com/"onclick="hack()>',
    "<form action=https://example.com><input></form>",
  ])("%s stays text", (text) => {
    stream.set(text, true);
    for (const ours of root.querySelectorAll(".jc-codebar")) ours.remove();
    const tags = Array.from(root.querySelectorAll("*"), ({ tagName }) => tagName.toLowerCase());
    expect(tags.filter((tag) => !["div", "p", "a", "pre", "code"].includes(tag))).toEqual([]);
    for (const node of root.querySelectorAll("*"))
      for (const { name, value } of node.attributes) {
        expect(["class", "aria-live", "dir", "href", "title", "target", "rel"]).toContain(name);
        if (name === "href") expect(value).toMatch(/^https:/);
      }
  });

  // If it fails: opening a notebook sends a request to a stranger's server, with data in the
  // address.
  test("an image is a link to it, never loaded", () => {
    stream.set("![the chart](https://example.com/a.png?q=secret) ![](data:image/png;x)", true);
    expect(root.querySelector("img")).toBeNull();
    const link = root.querySelector("a");
    expect(link?.textContent).toBe("the chart");
    expect(link?.getAttribute("href")).toBe("https://example.com/a.png?q=secret");
  });

  // If it fails: a linked page can control the notebook's tab, or a file's name links to a host.
  test("links open in a new tab, and only full addresses are links", () => {
    stream.set(
      "[a](https://example.com) https://example.com/b mailto:a@example.com notes.py",
      true,
    );
    const links = [...root.querySelectorAll("a")];
    expect(links.map((link) => link.getAttribute("href"))).toEqual([
      "https://example.com",
      "https://example.com/b",
      "mailto:a@example.com",
    ]);
    for (const link of links) {
      expect(link.target).toBe("_blank");
      expect(link.rel).toContain("noopener");
    }
  });

  // If it fails: a click on a word reloads the page.
  test.each(["[words]()", "[words](<>)", "[words](#a)", "[words](/lab)", "[words](//e.org)"])(
    "%s is no link",
    (text) => {
      stream.set(text, true);
      expect(root.querySelector("a")).toBeNull();
      expect(root.textContent).toContain("words");
    },
  );

  // If it fails: a text that takes too long to parse blocks the page, or loses a part.
  test("text that takes too long to parse stays plain text", () => {
    const now = vi.spyOn(performance, "now").mockImplementation(() => (time += 100));
    let time = 0;
    const text = "**a** <b>\n\n".repeat(600);
    stream.set(text.slice(0, 5_000), false);
    stream.set(text, true);
    now.mockRestore();
    expect(root.querySelector(".jc-plain")).not.toBeNull();
    expect(root.textContent.split("<b>")).toHaveLength(601);
  });

  // If it fails: prices and formulas lose characters.
  test("dollars stay as they are", () => {
    stream.set("between $5 and $6, and $x^2$", true);
    expect(root.textContent.trim()).toBe("between $5 and $6, and $x^2$");
  });
});

describe("streaming", () => {
  // If it fails: a streamed answer differs from the same answer in one piece.
  test.each([2, 3, 7, 50])("in steps of %i ends like the whole", (step) => {
    for (let end = step; end < SAMPLE.length + step; end += step)
      stream.set(SAMPLE.slice(0, end), false);
    stream.set(SAMPLE, true);
    expect(html(root)).toBe(whole(SAMPLE));
    expect(root.querySelectorAll("pre")).toHaveLength(2);
    expect(root.querySelector("a")?.getAttribute("href")).toBe("https://example.com/later");
  });

  // If it fails: while an answer streams, text is missing or shows twice.
  test("shows the same as the whole at every step", () => {
    const plain = SAMPLE.replace(/~~~~[^]*/, "");
    for (let end = 1; end <= plain.length; end += 5) {
      stream.set(plain.slice(0, end), false);
      const fresh = document.createElement("div");
      new MarkdownStream(fresh).set(plain.slice(0, end), true);
      const words = (text: string): string => text.replace(/\s+/g, "");
      expect(words(root.textContent)).toBe(words(fresh.textContent));
    }
  });

  // If it fails: a long answer makes the page slower and slower.
  test("stops drawing a paragraph when others follow", () => {
    const text = Array.from({ length: 40 }, (_, n) => `Paragraph number ${n} of the answer.\n\n`);
    let drawn = 0;
    const observer = new MutationObserver(() => undefined);
    observer.observe(root, { childList: true, subtree: true });
    let shown = "";
    for (const paragraph of text)
      for (const part of [paragraph.slice(0, 9), paragraph.slice(9)]) {
        shown += part;
        stream.set(shown, false);
        for (const { addedNodes } of observer.takeRecords())
          drawn += [...addedNodes].filter((node) => node instanceof HTMLElement).length;
      }
    observer.disconnect();
    expect(root.querySelectorAll("p")).toHaveLength(40);
    // Twice while it grows, once beside the first half of the next one, and once finished.
    expect(drawn).toBeLessThanOrEqual(4 * 40);
  });

  // If it fails: a long program that streams in takes time with the square of its length.
  test("only appends to an open code block", () => {
    stream.set("```python\nfirst = 1\n", false);
    const code = root.querySelector("code");
    const parse = vi.spyOn(String.prototype, "matchAll");
    let text = "```python\nfirst = 1\n";
    for (let line = 0; line < 500; line++) stream.set((text += `value_${line} = ${line}\n`), false);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    expect(root.querySelector("code")).toBe(code);
    stream.set(`${text}\`\`\`\n\nAfter it.`, true);
    expect(root.querySelector("code")?.textContent).toBe(text.slice("```python\n".length));
    expect(root.querySelector("p")?.textContent).toBe("After it.");
  });

  // If it fails: after a snapshot with another text, the old text stays beside the new one.
  test("starts anew with another text", () => {
    stream.set("One.\n\nTwo.\n\nThree", false);
    stream.set("Other.\n\nText", false);
    expect(html(root)).toBe("<p>Other.</p>\n<p>Text</p>\n");
    stream.set("Other.\n\nText", true);
    stream.set("Other.\n\nText after all", false);
    expect(root.textContent.trim()).toBe("Other.\nText after all");
  });

  // If it fails: a screen reader reads every token, or nothing.
  test("puts finished paragraphs into a live region, and not the growing one", () => {
    stream.set("Before.\n\nOne.\n\nTwo\n", false);
    const region = root.querySelector("[aria-live=polite]");
    expect(region?.textContent.trim()).toBe("Before.\nOne.");
    stream.set("Before.\n\nOne.\n\nTwo\nwords.", true);
    expect(region?.textContent.trim()).toBe("Before.\nOne.\nTwo\nwords.");
  });
});

// If it fails: the answer shows raw brackets and tags, or a tag of the model takes effect.
test("boxes, footnotes and line breaks are drawn, and no other HTML", () => {
  const shown = whole(
    "- [ ] a `[ ]`\n- [x] b<br>c\n\nSee[^1], <br onclick=x>.\n\n[^1]: https://x.org/y\n[^two]: More\n",
  );
  expect(shown).toContain('<li class="jc-task">☐ a <code>[ ]</code></li>');
  expect(shown).toContain('<li class="jc-task">☑ b<br>\nc</li>');
  expect(shown).toContain("See[1], &lt;br onclick=x&gt;.");
  expect(shown).toContain('<p>[1]: <a href="https://x.org/y"');
  expect(shown).toContain("<p>[two]: More</p>");
});
