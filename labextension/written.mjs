// Shared by the scripts that write one table for both languages.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Writes files, or with `--check` compares them and fails if one differs.
 *
 * `files` has the lines of each file, by its path from this folder.
 */
export function writeOrCheck(files) {
  const script = basename(process.argv[1]);
  for (const [path, lines] of Object.entries(files)) {
    const file = join(dirname(fileURLToPath(import.meta.url)), path);
    const text = `${lines.join("\n")}\n`;
    if (!process.argv.includes("--check")) {
      writeFileSync(file, text);
    } else if (readFileSync(file, "utf8") !== text) {
      console.error(`${file} is not what ${script} writes: run node ${script}`);
      process.exitCode = 1;
    }
  }
}

/** The lines of a Python module's docstring. */
export const pythonHead = ([first, ...rest]) => [`"""${first}`, "", ...rest, '"""', ""];

/** The lines of a comment in CSS or TypeScript. */
export const commentHead = (lines, begin = "/*") => [
  begin,
  ...lines.map((line) => ` * ${line}`),
  " */",
  "",
];
