import { defineConfig } from "vitest/config";

const inLocalCloud = "test/local-cloud/**/*.test.ts";

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [inLocalCloud],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "local-cloud",
          include: [inLocalCloud],
          globalSetup: ["test/local-cloud/raise.ts"],
          // One local cloud, two cores: files one after the other, what can overlap does so within its file.
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
