import { describe, expect, test } from "vitest";
import type { Onboarding } from "../../../functions/actions/fetch-onboarding.ts";
import { type Rendering, renderOnboarding } from "../../../infra/operate/render-onboarding.ts";
import { commandFor } from "../../../infra/operate/show.ts";

const at = (seconds: number) =>
  new Date(Date.parse("2026-01-05T09:00:00.000Z") + seconds * 1_000).toISOString();
const HOUR = 3_600;

const waiting: Onboarding = {
  reference_id: "order-7",
  profile_id: "00000000-0000-4000-8000-000000000007",
  config_id: "config-example",
  created_at: at(0),
  status: "review_required",
  reviewer_action: null,
  outcome: null,
  state: "Review",
  why: "The gateway asks for a decision. If nothing happens in time, a person is asked to look at it.",
  stuck: false,
  waiting_for: "a person to approve, reject or ask for recapture",
  waiting_since: at(HOUR),
  waiting_until: at(15 * 24 * HOUR),
  next_check_at: at(2 * HOUR + 900),
  appointment: null,
  round: 0,
  reminders: 0,
  held: null,
  decision: null,
  allowed_actions: [],
  may_do: [
    { action: "approve", does: "approve the profile at the gateway" },
    { action: "resend-link", does: "publish the capture link once more" },
  ],
  execution_arn: "arn:of:execution",
  console_url:
    "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn",
  steps_note: null,
  events: [
    { at: at(0), kind: "OnboardingRequested", by: "caller", detail: {}, says: "The caller asked for it." },
    { at: at(3), kind: "W6", by: "webhook", detail: {}, says: "The gateway says that it is ready." },
    {
      at: at(HOUR),
      kind: "ReviewRequired",
      by: "orchestrator",
      detail: { calls: "fetchStatus ×2, fetchCaptureLink (NotFound), purgeProfile (Transient), newCall" },
      says: "A person has to decide.",
    },
  ],
};
const rendering: Rendering = {
  now: Date.parse(at(2 * HOUR)),
  width: 100,
  times: "utc",
  commandFor: (action) => commandFor(action, "order-7", "prod"),
};
const render = (change: Partial<Onboarding> = {}, how: Partial<Rendering> = {}) =>
  renderOnboarding({ ...waiting, ...change }, { ...rendering, ...how });

test("the page says where it is, why, until when, what may be done by which command, and what happened", () => {
  expect(render()).toBe(`Onboarding  order-7
Profile     00000000-0000-4000-8000-000000000007
Workflow    config-example
Where       waiting in Review
Status      review_required (somebody has to decide)
Why         The gateway asks for a decision. If nothing happens in time, a person is asked to look
            at it.
Waits for   a person to approve, reject or ask for recapture
Since       2026-01-05T10:00:00Z (1 h ago)
Until       2026-01-20T09:00:00Z (in 14 d 22 h)
Next look   2026-01-05T11:15:00Z (in 15 min)
Console     https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn

What may be done now
  approve      approve the profile at the gateway
               npm run onboarding -- approve order-7 --reason "..." --stage prod
  resend-link  publish the capture link once more
               npm run onboarding -- resend-link order-7 --reason "..." --stage prod

Timeline, in UTC and since the request
  2026-01-05T09:00:00Z  +0 s  caller          The caller asked for it.
  2026-01-05T09:00:03Z  +3 s  gateway         The gateway says that it is ready.
  2026-01-05T10:00:00Z  +1 h  orchestrator    A person has to decide.
                                              (asked the gateway: status ×2, capture link (not
                                              there), erase (no answer), newCall)
`);
});

test.each([60, 80, 100, 160])("no line but the console's and the commands' is longer than %i", (width) => {
  const free = /^Console|npm run onboarding/;
  const longest = Math.max(
    ...render({}, { width })
      .split("\n")
      .filter((line) => !free.test(line))
      .map(({ length }) => length),
  );
  expect(longest).toBeLessThanOrEqual(Math.max(width, 76));
});

describe("the head", () => {
  const head = (change: Partial<Onboarding>) => render(change).split("\n\n")[0];

  test("says what is out of the ordinary", () => {
    expect(
      head({
        stuck: true,
        held: { by: "counsel@example.com", at: at(0) },
        round: 2,
        reminders: 1,
        appointment: { scheduled_at: at(0), start_time: at(3 * HOUR), end_time: at(3 * HOUR + 900) },
        decision: { at: at(HOUR), by: "orchestrator", says: "We decided to send the customer back." },
      }),
    ).toContain(`Look here   somebody should see to it
Waits for   a person to approve, reject or ask for recapture
Since       2026-01-05T10:00:00Z (1 h ago)
Until       2026-01-20T09:00:00Z (in 14 d 22 h)
Next look   2026-01-05T11:15:00Z (in 15 min)
Legal hold  by counsel@example.com, 2026-01-05T09:00:00Z (2 h ago)
Video call  2026-01-05T12:00:00Z (in 1 h), until 2026-01-05T12:15:00Z
Recaptures  2
Reminders   1
Decision    2026-01-05T10:00:00Z (1 h ago): We decided to send the customer back.`);
  });

  test.each([
    ["at work", { state: null, status: "in_progress" }],
    ["it is over", { state: null, status: "purged", outcome: "completed" }],
    ["it is over", { state: null, status: "cancelled", outcome: "cancelled" }],
    ["waiting in Retain", { state: "Retain", status: "completed", outcome: "completed" }],
  ])("says %s", (where, change) => {
    expect(head(change)).toContain(`Where       ${where}\n`);
  });

  test("shows a status that nobody knows as it is", () => {
    expect(head({ status: "strange" })).toContain("Status      strange\n");
  });
});

test("where nothing may be done, that is what it says", () => {
  expect(render({ may_do: [] })).toContain("\nNothing is left to be done.\n");
});

test("times since the request are the same whenever it ran", () => {
  const page = render({}, { times: "since-start" });
  expect(page).not.toContain("2026");
  expect(page).toContain("Until       15 d after the request (in 14 d 22 h)");
  expect(page).toContain("\nTimeline, since the request\n  +0 s  caller          The caller asked for it.\n");
});

test("what was announced because of a webhook was announced by us", () => {
  const line = { at: at(3), by: "webhook", detail: {}, says: "Words." };
  const page = render({
    events: [
      { ...line, kind: "W4" },
      { ...line, kind: "CaptureSessionEnded" },
    ],
  });
  expect(page).toMatch(/gateway +Words\.\n.*orchestrator +Words\./);
});

test("the name of an event is not torn off", () => {
  const line = { at: at(3), kind: "ReviewRequired", by: "orchestrator", detail: {} };
  for (let width = 60; width < 110; width++) {
    const says = "A person has to decide now. (event ReviewRequired)";
    expect(render({ events: [{ ...line, says }] }, { width })).toContain("(event ReviewRequired)");
  }
});

test("missing steps are explained below the timeline", () => {
  const page = render({ steps_note: "There is no execution yet." });
  expect(page.endsWith("\n  There is no execution yet.\n")).toBe(true);
});

test("a reason that somebody typed makes no line of its own, and steers no terminal", () => {
  const forged = "Why: x\n  2026-01-05 09:00:03Z  operator  approved \u001b[2J";
  const line = { at: at(5), kind: "OperatorAsked", by: "operator", detail: {}, says: forged };
  const page = render({ events: [line], why: forged });
  expect(page).toContain("x\\u000a");
  expect(page).not.toMatch(/(?!\n)\p{Cc}|^ {2}2026-01-05 09:00:03Z/mu);
});
