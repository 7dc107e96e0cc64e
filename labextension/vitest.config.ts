import { defineConfig } from "vitest/config";

export default defineConfig({
  // Style sheets are text, as in build.mjs.
  resolve: { alias: [{ find: /\.css$/, replacement: ".css?raw" }] },
  test: {
    environment: "jsdom",
    include: ["test/**/*.test.ts"],
    setupFiles: "test/clock.ts",
    testTimeout: 60_000, // for what hangs, also on a machine that is busy with other things
  },
});
