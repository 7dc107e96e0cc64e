import { defineConfig } from "vitest/config";

const GROWTH = "test/growth.test.ts";

export default defineConfig({
  // Style sheets are text, as in build.mjs.
  resolve: { alias: [{ find: /\.css$/, replacement: ".css?raw" }] },
  test: {
    environment: "jsdom",
    setupFiles: "test/clock.ts",
    testTimeout: 60_000, // for what hangs, also on a machine that is busy with other things
    projects: [
      {
        extends: true,
        test: {
          name: "pages",
          include: ["test/**/*.test.ts"],
          exclude: [GROWTH],
          // Each file has modules and a page of its own, and jsdom is loaded once for all of them.
          pool: "vmThreads",
        },
      },
      {
        extends: true,
        // It measures the time of its process, which nothing else may share.
        test: { name: "growth", include: [GROWTH], pool: "forks" },
      },
    ],
  },
});
