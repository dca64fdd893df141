import { describe, expect, test } from "vitest";
import { change } from "../../../functions/sandbox/advance.ts";
import { journeys, type ScenarioName } from "../../../functions/sandbox/journeys.ts";
import { finishSession } from "../../../functions/sandbox/moves.ts";
import { selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

interface Expected {
  webhooks: string[];
  end: string;
  reviewer_action: string | null;
  status_detail?: string | null;
}

/** What our side does in these scenarios whenever a review is asked for, turn by turn. */
const answersOfOurSide: Partial<Record<ScenarioName, ("approved" | "rejected" | "recapture" | "cancel")[]>> =
  {
    "review-approve": ["approved"],
    "review-reject": ["rejected"],
    "review-by-rules": ["recapture", "approved"],
    "recapture-once": ["recapture", "approved"],
    "recapture-twice": ["recapture", "recapture", "approved"],
    "recapture-never-ends": ["recapture", "recapture", "recapture", "rejected"],
    "recapture-abandoned": ["recapture"],
    "cancelled-by-caller": ["cancel"],
    encrypted: ["approved"],
  };

const link = "created capture_pending";
const done = "session complete";
const tasks = "status in_progress";
const review = "status review_required";
const again = "status recapture_pending";
const completed = "status completed";
const booked = "appointment scheduled";
const captured = [link, done, tasks];
const round = [review, again, done, tasks];

/** Nobody is scripted in `by-hand`: it has no end of its own. */
type Played = Exclude<ScenarioName, "by-hand">;
const expected: Record<Played, Expected> = {
  "straight-through": {
    webhooks: [...captured, completed],
    end: "completed",
    reviewer_action: "approved",
    status_detail: "auto-close",
  },
  "review-approve": {
    webhooks: [...captured, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "review-reject": {
    webhooks: [...captured, review, completed],
    end: "completed",
    reviewer_action: "rejected",
  },
  "review-by-checker": {
    webhooks: [...captured, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "review-by-rules": {
    webhooks: [...captured, ...round, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "recapture-once": {
    webhooks: [...captured, ...round, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "recapture-twice": {
    webhooks: [...captured, ...round, ...round, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "recapture-by-checker": {
    webhooks: [...captured, ...round, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "recapture-never-ends": {
    webhooks: [...captured, ...round, ...round, ...round, review, completed],
    end: "completed",
    reviewer_action: "rejected",
  },
  "recapture-abandoned": {
    webhooks: [...captured, review, again, completed],
    end: "completed",
    reviewer_action: "rejected",
    status_detail: "The customer did not return",
  },
  "customer-drops-then-returns": {
    webhooks: [link, "session incomplete", done, tasks, completed],
    end: "completed",
    reviewer_action: "approved",
    status_detail: "auto-close",
  },
  reminders: {
    webhooks: [...captured, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "link-late": {
    webhooks: [...captured, completed],
    end: "completed",
    reviewer_action: "approved",
    status_detail: "auto-close",
  },
  "link-expires": {
    webhooks: [link, "status capture_expired"],
    end: "capture_expired",
    reviewer_action: null,
  },
  "capture-failed": {
    webhooks: [...captured, "status failed"],
    end: "failed",
    reviewer_action: null,
    status_detail: "Processing failed",
  },
  "video-call-scheduled": {
    webhooks: [link, booked, "session incomplete", booked, done, tasks, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  encrypted: {
    webhooks: [...captured, review, completed],
    end: "completed",
    reviewer_action: "approved",
  },
  "cancelled-by-caller": { webhooks: [link, "status cancelled"], end: "cancelled", reviewer_action: null },
  "no-capture": {
    webhooks: [tasks, completed],
    end: "completed",
    reviewer_action: "approved",
    status_detail: "auto-close",
  },
};

/** Plays a scenario to its end and then purges; our side acts through the API. */
async function play(scenario: ScenarioName, copies = 1) {
  const world = new VirtualSandbox();
  world.copies = copies;
  await world.listen("W3");
  const { profile_id } = await world.create(scenario);
  const seen = [await world.status(profile_id)];
  const turns = [...(answersOfOurSide[scenario] ?? [])];
  for (let second = 0; second < 90; second++) {
    await world.pass(0.5);
    const status = await world.status(profile_id);
    if (status !== seen.at(-1)) seen.push(status);
    const turn = turns[0];
    if (turn === "cancel" ? status === "capture_pending" : turn && status === "review_required") {
      turns.shift();
      const path = `/profiles/${profile_id}`;
      if (turn === "cancel") await world.http("PUT", `${path}/cancel`);
      else if (turn === "recapture") await world.http("POST", `${path}/recapture/submit`, selfieRecapture);
      else await world.http("POST", `${path}/complete_profile`, { status: turn });
    }
  }
  const end = (await world.http("GET", `/profiles/${profile_id}`)).body;
  return { world, profile_id, seen, end };
}

describe.each(Object.keys(journeys).filter((name): name is Played => name !== "by-hand"))(
  "scenario %s",
  (scenario) => {
    const want = expected[scenario];

    test("reaches its end, and each webhook comes once and in order", async () => {
      const { world, profile_id, end } = await play(scenario);
      expect(end).toMatchObject({ status: want.end, reviewer_action: want.reviewer_action });
      expect(end.status_detail).toBe(want.status_detail ?? null);
      expect(world.webhooks(profile_id)).toEqual(want.webhooks);
      expect((await world.http("POST", `/profiles/${profile_id}/purge`)).status).toBe(200);
      await world.pass(1);
      expect(world.webhooks(profile_id)).toEqual([...want.webhooks, "status purged"]);
    });

    test("shows every status long enough to be read", async () => {
      const { seen } = await play(scenario);
      const told = want.webhooks
        .filter((one) => !/^(session|appointment)/.test(one))
        .map((one) => one.split(" ")[1]);
      expect(seen).toEqual(["pending", ...told]);
    });

    test("ends the same when every job runs twice", async () => {
      const { world, profile_id, end } = await play(scenario, 2);
      expect(end).toMatchObject({ status: want.end, reviewer_action: want.reviewer_action });
      expect(world.webhooks(profile_id)).toEqual(want.webhooks);
    });
  },
);

test("the late link is not there before its time", async () => {
  const world = new VirtualSandbox();
  const { profile_id } = await world.create("link-late");
  await world.pass(11.5);
  expect((await world.http("GET", `/profiles/${profile_id}/capture`)).status).toBe(404);
  await world.pass(1);
  expect((await world.http("GET", `/profiles/${profile_id}/capture`)).status).toBe(200);
});

test("by hand, the link is ready and reviews are asked for, and nobody else acts", async () => {
  const world = new VirtualSandbox();
  await world.listen();
  const { profile_id } = await world.create("by-hand");
  const waits = async (status: string) => {
    await world.pass(1000);
    expect(await world.status(profile_id)).toBe(status);
  };
  await waits("capture_pending");
  await change(world.sandbox, profile_id, finishSession);
  await waits("review_required");
  await world.http("POST", `/profiles/${profile_id}/recapture/submit`, selfieRecapture);
  await waits("recapture_pending");
  await change(world.sandbox, profile_id, finishSession);
  await waits("review_required");
  expect(world.webhooks(profile_id)).toEqual([...captured, ...round, review]);
});

test("a package without capture never has a link", async () => {
  const world = new VirtualSandbox();
  const { profile_id } = await world.create("no-capture");
  for (let second = 0; second < 4; second++) {
    expect((await world.http("GET", `/profiles/${profile_id}/capture`)).status).toBe(404);
    await world.pass(1);
  }
  expect(await world.status(profile_id)).toBe("completed");
});

test("an abandoned recapture cannot be completed by the API", async () => {
  const world = new VirtualSandbox();
  const { profile_id } = await world.create("recapture-abandoned");
  await world.pass(5);
  await world.http("POST", `/profiles/${profile_id}/recapture/submit`, selfieRecapture);
  const answer = await world.http("POST", `/profiles/${profile_id}/complete_profile`, { status: "rejected" });
  expect(answer).toMatchObject({
    status: 422,
    body: { error: "unprocessable_entity", reason: "Profile in incorrect state recapture_pending" },
  });
});
