import { describe, expect, test } from "vitest";
import { factsOf, factsSchema } from "../../../functions/decisions/facts.ts";
import { fullProfile } from "../onboarding-in-memory.ts";
import { reviewedProfile } from "./sandbox-profile.ts";

type Tasks = Parameters<typeof factsOf>[0]["tasks"];
const profile = fullProfile("review_required");
const factsWith = (tasks: unknown[]) => factsOf({ ...profile, tasks: tasks as Tasks }, 0);
const task = (
  key: string,
  status: string,
  manual: object | null = null,
  automated: object | null = null,
) => ({
  task_id: key,
  task_type: "t",
  key,
  status,
  result: { automated_response: automated, manual_response: manual },
});

describe("of the sandbox's own documents", () => {
  test("a face mismatch, and after the next capture everything verified", async () => {
    expect(factsOf(await reviewedProfile("review-by-rules"), 0)).toMatchObject({
      all_verified: false,
      face_mismatch: true,
      rejected: ["fiv_check"],
      verified: ["self_video.capture_and_verify"],
    });
    expect(factsOf(await reviewedProfile("review-by-rules", { rounds: 1 }), 1)).toEqual({
      round: 1,
      all_verified: true,
      face_mismatch: false,
      tasks: ["fiv_check", "self_video.capture_and_verify"],
      verified: ["fiv_check", "self_video.capture_and_verify"],
      rejected: [],
      unable_to_verify: [],
      undecided: [],
      failed: [],
      unfinished: [],
      documents: ["selfie", "ind_pan"],
      scores: { "fiv_check.confidence": 97, "self_video.capture_and_verify.confidence": 97 },
      answers: {},
    });
  });

  test("a call that the agent rejected is a rejected task, and no face mismatch", async () => {
    const call = { status: "rejected", agent_remark: null } as const;
    expect(factsOf(await reviewedProfile("by-hand", { call }), 0)).toMatchObject({
      rejected: ["vkyc.assisted_vkyc"],
      undecided: ["fiv_check", "self_video.capture_and_verify"],
      face_mismatch: false,
    });
  });
});

describe("a task", () => {
  test.each([
    ["verified by a person", task("a", "completed", { status: "verified" }), "verified"],
    ["rejected by a person", task("a", "completed", { status: "rejected" }), "rejected"],
    ["rejected and begun again", task("a", "queued", { status: "rejected" }), "rejected"],
    ["verified and begun again", task("a", "in_progress", { status: "verified" }), "unfinished"],
    ["verified and failed", task("a", "failed", { status: "verified" }), "failed"],
    ["completed without a word", task("a", "completed"), "undecided"],
    ["completed with a word that is not known", task("a", "completed", { status: "fine" }), "undecided"],
    ["verified by a machine", task("a", "completed", null, { status: "verified" }), "verified"],
    ["rejected by a machine", task("a", "completed", { status: null }, { status: "rejected" }), "rejected"],
    [
      "rejected by a machine, verified by a person",
      task("a", "completed", { status: "verified" }, { status: "rejected" }),
      "verified",
    ],
    ["that nobody could verify", task("a", "unable_to_verify"), "unable_to_verify"],
    ["of which a person says so", task("a", "completed", { status: "unable_to_verify" }), "unable_to_verify"],
    ["that was cancelled", task("a", "cancelled"), "failed"],
    ["that is queued", task("a", "queued"), "unfinished"],
    ["whose status is a new word", task("a", "paused"), "unfinished"],
    ["without a status", { key: "a" }, "unfinished"],
  ])("%s is in one list", (_, one, expected) => {
    const { round, all_verified, face_mismatch, tasks, documents, scores, answers, ...lists } = factsWith([
      one,
    ]);
    expect(tasks).toEqual(["a"]);
    expect(Object.entries(lists).filter(([, keys]) => keys.length > 0)).toEqual([[expected, ["a"]]]);
    expect(all_verified).toBe(expected === "verified");
  });

  test("counts at any depth, in bare groups too; a group is no task", () => {
    const nested = {
      ...task("outer", "completed", { status: "verified" }),
      tasks: [{ tasks: [task("inner", "completed", { status: "rejected" })] }],
    };
    expect(factsWith([nested])).toMatchObject({
      tasks: ["outer", "inner"],
      rejected: ["inner"],
      all_verified: false,
    });
  });

  test("of the same key twice is verified only if both are", () => {
    const both = [
      task("a", "completed", { status: "verified" }),
      task("a", "completed", { status: "rejected" }),
    ];
    expect(factsWith(both)).toMatchObject({ verified: ["a"], rejected: ["a"], all_verified: false });
  });
});

test("without tasks nothing is verified", () => {
  expect(factsWith([])).toMatchObject({ all_verified: false, tasks: [] });
});

test.each([
  [{ status: "rejected", status_reason: "Face mismatch with Aadhaar XML" }, true],
  [{ status: "rejected", status_reason: "face mismatch" }, true],
  [{ status: "rejected", status_reason: "Photograph unclear" }, false],
  [{ status: "rejected", status_reason: 7 }, false],
  [{ status: "rejected" }, false],
  [{ status: "verified", status_reason: "Face mismatch with PAN" }, false],
  [null, false],
])("a face mismatch is a rejection for that reason: %j", (manual, expected) => {
  expect(factsWith([task("a", "completed", manual)]).face_mismatch).toBe(expected);
});

test("of what machines say only scores and yes or no are facts", () => {
  const { scores, answers } = factsWith([
    task("face", "completed", null, {
      is_a_match: false,
      match_score: 41.5,
      year_of_birth: 1990,
      name: "Personal",
      details: { confidence: 97, live: true, ids: [4711] },
      endless: { score: JSON.parse("1e999") },
      score: "high",
      confidence: null,
    }),
  ]);
  expect(scores).toEqual({ "face.match_score": 41.5, "face.details.confidence": 97 });
  expect(answers).toEqual({ "face.is_a_match": false, "face.details.live": true });
});

test("no fact is what a customer said or what was read off a document", async () => {
  const personal = "Personal-Example";
  const facts = factsOf(
    {
      ...profile,
      resources: {
        ...profile.resources,
        text: [
          {
            ref_id: "r",
            type: "ind_pan",
            attr: "id_number",
            source: 3,
            value: personal,
            tags: [personal],
            metadata: {},
          },
        ],
      },
      tasks: [
        {
          ...task("a", "completed", { status: "verified", remarks: personal, answer: personal }),
          question: personal,
        },
        task("b", "completed", null, { name: personal, dob: personal, id_number: 47_110_815 }),
      ] as Tasks,
    },
    0,
  );
  expect(JSON.stringify(facts)).not.toMatch(/Personal-Example|47110815/);
  expect(factsSchema.parse(facts)).toEqual(facts);
});

test("a value under a name that no rule could write is no fact, and costs no more than it is long", () => {
  const many = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`k${index}`, { score: 1, ok: true }]),
  );
  const { scores, answers } = factsWith([
    task("a", "completed", null, { ["p".repeat(100_000)]: many, score: 1, ok: true }),
  ]);
  expect({ scores, answers }).toEqual({ scores: { "a.score": 1 }, answers: { "a.ok": true } });
});
