// Generates TypeScript from the JSON Schema on standard input; `python -m scripts.messages` runs
// it.
import { readFileSync } from "node:fs";

import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(readFileSync(0, "utf8"));
const made = await compile(schema, "Messages", {
  additionalProperties: false,
  bannerComment:
    "/** The messages between kernel and page; written by `python -m scripts.messages`. */",
  style: { printWidth: 100 },
});
// The schema is an object that names all definitions. No code needs the type of that object.
process.stdout.write(made.replace(/export interface Messages \{[^}]*\}\n/, ""));
