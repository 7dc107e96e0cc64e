import { parser as markdown } from "@lezer/markdown";
import { expect, test } from "vitest";

import { isClaudes, isMention, suggest, type Known } from "../plugin/prose/completions";
import { magicBlock } from "../plugin/prose/language";
import { readMagic } from "../plugin/prose/magic";
import { NO_OPTION } from "./kernel_texts";

const KNOWN: Known = {
  models: [
    { text: "opus", does: "Most capable" },
    { text: "claude-haiku-4-5", does: "Fastest" },
  ],
  modes: [{ text: "plan", does: "Changes nothing" }],
  kernels: [],
};

const read = (text: string) => readMagic(text.split("\n"));

// If it fails: a cell looks like prose and runs as Python, or the reverse.
test("a cell is prose exactly if the kernel takes it as a prompt", () => {
  for (const text of ["%%claude", "%%claude --new\nHi", "\n \t\n  %%claude\tx", "%%claude \n"])
    expect(read(text), text).not.toBeNull();
  for (const text of ["", "%claude", "%%claudette", "%%claude?", "x = 1\n%%claude", "# %%claude"])
    expect(read(text), text).toBeNull();
});

// If it fails: the wrong letters are coloured, or an invalid word is not marked.
test("the words of the magic's line have their positions and their problems", () => {
  const text = "\n %%claude --as plan --model='my m' --max-turns 0 --quiet hello --new";
  const magic = read(text);
  expect(text.slice(magic?.from, magic?.nameEnd)).toBe("%%claude");
  expect(text.slice(magic?.start, magic?.to)).toBe(text.slice(1));
  const words = magic?.words ?? [];
  for (const { from, to, text: word } of words) expect(text.slice(from, to)).toBe(word);
  expect(words.map(({ text, kind }) => [text, kind])).toEqual([
    ["--as", "option"],
    ["plan", "value"],
    ["--model", "option"],
    ["'my m'", "value"],
    ["--max-turns", "option"],
    ["0", "value"],
    ["--quiet", "option"],
  ]);
  expect(words.filter(({ problem }) => problem !== "").map(({ text }) => text)).toEqual(["0"]);
  expect(text.slice(magic?.prompt, magic?.to)).toBe("hello --new");
});

// If it fails: a valid line is marked as wrong, or an invalid one is not.
test.each([
  ["--budget $0.50 --as größe --max-turns 3 --model x", []],
  ["--budget=1 --new --quiet", []],
  ["--budget much", ["much"]],
  ["--as 2nd", ["2nd"]],
  ["--new=1", ["--new=1"]],
  ["--modell x", ["--modell"]],
  ["What is --modell?", []],
  ["--new -- --modell?", []],
])("%s", (line, wrong) => {
  const words = read(`%%claude ${line}`)?.words ?? [];
  expect(words.filter(({ problem }) => problem !== "").map(({ text }) => text)).toEqual(wrong);
});

// If it fails: a typing error is marked without a hint.
test("a word that is nearly an option gets a hint", () => {
  const problem = (line: string) => read(`%%claude ${line}`)?.words[0]?.problem;
  expect(problem("--modle x")).toBe("--modle is not an option; did you mean --model?");
  expect(problem("--Quite")).toBe("--Quite is not an option; did you mean --quiet?");
  expect(problem("--new=1")).toBe("--new takes no value");
  expect(problem("--verbose")).toBe(
    `--verbose is not an option; ${NO_OPTION}`, // as the kernel says it
  );
});

/** The suggestions at the `|`. */
function at(marked: string, known = KNOWN): string[] {
  const place = marked.indexOf("|");
  const text = marked.replace("|", "");
  const found = suggest(text, place, known);
  for (const { text: item } of found?.items ?? [])
    expect(item.startsWith(text.slice(found?.from, found?.to))).toBe(true);
  return found?.items.map(({ text }) => text) ?? [];
}

// If it fails: the user must know the options by heart, or gets them in the middle of a sentence.
test("options, models and commands are suggested where they fit", () => {
  const all = [
    "--as",
    "--model",
    "--new",
    "--schema",
    "--max-turns",
    "--budget",
    "--attach",
    "--quiet",
  ];
  expect(at("%%claude |\nHi")).toEqual(all);
  expect(at("%%claude --new --m|")).toEqual(["--model", "--max-turns"]);
  expect(at("%%claude --new --quiet |")).toEqual(all.filter((name) => !/new|quiet/.test(name)));
  expect(at("%%claude --model |")).toEqual(["opus", "claude-haiku-4-5"]);
  expect(at("%%claude --model=cl|")).toEqual(["claude-haiku-4-5"]);
  expect(at("\n  %%claude --as p --model o|\n--m")).toEqual(["opus"]);
  expect(at("%claude m|")).toEqual(["model", "mode"]);
  expect(at("x = 1\n%claude mode |")).toEqual(["plan"]);
  expect(at("%claude rewind 2 --f|")).toEqual(["--files"]);
  expect(at("%claude kernel |")).toEqual(["off", "ask", "look"]);
  expect(at("%claude replay |")).toEqual(["off", "auto", "only", "record"]);
  for (const nowhere of [
    "%%claude --as |",
    "%%clau|de",
    "%%claude\nwhat is --m|",
    "%%claude what is --m|",
    "%%claude what is |",
    "%%claude -- --m|",
    "%%claude --new\n%claude m|",
    "|\n%%claude",
    "x = mo|",
    "%claude rename m|",
  ])
    expect(at(nowhere), nowhere).toEqual([]);
});

// If it fails: the user is offered a mode that the administrator's policy forbids.
test("of the kernel modes, only those of the session are suggested", () => {
  const ask = { text: "ask", does: "Each look asks you" };
  expect(at("%claude kernel |", { ...KNOWN, kernels: [ask] })).toEqual(["ask"]);
});

// If it fails: Python's names appear in prose, or are missing in Python.
test("Python's names are kept out of Claude's cells and lines only", () => {
  expect(isClaudes("%%claude\nimport o", 17)).toBe(true);
  expect(isClaudes("x = 1\n%claude mo", 16)).toBe(true);
  expect(isClaudes("x = 1\n%claude mo", 3)).toBe(false);
  expect(isClaudes("%clau", 5)).toBe(false);
});

// If it fails: a prompt's first line belongs to the magic's paragraph, or a list below the magic is
// no list.
test("the magic's line is its own block, and the text below is Markdown", () => {
  const nodes = (text: string): string[] => {
    const names: string[] = [];
    markdown
      .configure(magicBlock)
      .parse(text)
      .iterate({ enter: ({ name }) => void names.push(name) });
    return names.slice(1);
  };
  expect(nodes("%%claude --as x_y_\n**Hi**")).toEqual([
    "ClaudeMagic",
    "Paragraph",
    "StrongEmphasis",
    "EmphasisMark",
    "EmphasisMark",
  ]);
  expect(nodes("      %%claude\n---")).toEqual(["ClaudeMagic", "HorizontalRule"]);
  expect(nodes("%%claude\n- one\n- two").slice(0, 2)).toEqual(["ClaudeMagic", "BulletList"]);
});

// If it fails: Tab does not offer the kernel's names after an @, or offers them in Python and addresses.
test("a name after an @ is asked of the kernel, in prose alone", () => {
  const at = (text: string): boolean => isMention(text, text.length);
  expect(["%%claude\nsee @", "%%claude see @df", '%%claude\n(@"a b'].every(at)).toBe(true);
  expect(["@df", "x = 1\n@df", "%%claude\nme@df", "%%claude\n@df now"].some(at)).toBe(false);
});
