import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

/** A stand-in for a part of markdown-it, as in build.mjs. */
const part = (name: string): string =>
  fileURLToPath(new URL(`src/markdown_parts/${name}.ts`, import.meta.url));
const GROWTH = "test/growth.test.ts";

export default defineConfig({
  // Style sheets are text, as in build.mjs.
  resolve: {
    alias: [
      { find: /\.css$/, replacement: ".css?raw" },
      { find: /^entities$/, replacement: part("entities") },
      { find: /^linkify-it$/, replacement: part("linkify") },
    ],
  },
  test: {
    server: { deps: { inline: ["markdown-it"] } }, // else it has its own parts
    environment: "jsdom",
    setupFiles: ["test/clock.ts", "test/page.ts"],
    testTimeout: 60_000, // for a test that hangs, even on a busy machine
    projects: [
      {
        extends: true,
        test: {
          name: "pages",
          include: ["test/**/*.test.ts"],
          exclude: [GROWTH],
          // Each file has its own modules and its own page; jsdom is loaded once for all files.
          pool: "vmThreads",
        },
      },
      {
        extends: true,
        // It measures the time of its process, so it needs a process of its own.
        test: { name: "growth", include: [GROWTH], pool: "forks" },
      },
    ],
  },
});
