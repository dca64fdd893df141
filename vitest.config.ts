import { defineConfig } from "vitest/config";

const inLocalCloud = "test/local-cloud/**/*.test.ts";
const inDisturbedCloud = "test/disturbed-cloud/**/*.test.ts";
const inSoak = "test/soak/**/*.test.ts";
/** What takes as long hangs. Nothing is timed by it: a busy machine takes several times as long as a quiet one. */
const HANGING_MS = 240_000;
/** One local cloud, two cores: files one after the other, what can overlap does so within its file. */
const onOneCloud = {
  globalSetup: ["test/temporary-folder.ts", "test/local-cloud/raise.ts"],
  fileParallelism: false,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [inLocalCloud, inDisturbedCloud, inSoak],
          globalSetup: ["test/temporary-folder.ts"],
          testTimeout: HANGING_MS,
          hookTimeout: HANGING_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "local-cloud",
          include: [inLocalCloud],
          ...onOneCloud,
          testTimeout: HANGING_MS,
          sequence: { groupOrder: 2 },
        },
      },
      // Whatever breaks or stops what the others need.
      {
        test: {
          name: "disturbed-cloud",
          include: [inDisturbedCloud],
          ...onOneCloud,
          testTimeout: HANGING_MS,
          sequence: { groupOrder: 3 },
        },
      },
      // The long ones, by `npm run soak` only.
      ...(process.env["SOAK"]
        ? [
            {
              test: {
                name: "soak",
                include: [inSoak],
                ...onOneCloud,
                testTimeout: 3_600_000,
                sequence: { groupOrder: 4 },
              },
            },
          ]
        : []),
    ],
  },
});
