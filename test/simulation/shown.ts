import { onboardingSchema } from "../../functions/actions/fetch-onboarding.ts";
import { readCalls } from "../../functions/timeline/noted-calls.ts";
import { timelineWords } from "../../functions/timeline/timeline-words.ts";
import type { Answer } from "../../shared/gateway/answers.ts";

/** What is wrong with what `GET /onboardings/{reference_id}` answered. */
export function problemsOf({ status, body }: Answer): string[] {
  if (status === 404) return [];
  const read = onboardingSchema.safeParse(body);
  if (status !== 200 || !read.success) return [`was answered with ${status} and another body`];
  const { events, why, state, waiting_for, waiting_since, waiting_until, may_do, stuck } = read.data;
  const isOver = why.includes("Nothing more will happen");
  // What a new execution took over says where it stood, until it is parked anew.
  const waits = waiting_for && waiting_until && (waiting_since || !read.data.next_check_at);
  const times = events.map(({ at }) => at);
  return [
    ...events.flatMap(({ kind, says }) =>
      kind in timelineWords && / .*[.)]$/.test(says) ? [] : [`a line of ${kind} has no words: ${says}`],
    ),
    ...(times.some((at, index) => at < (times[index - 1] ?? "")) ? ["its lines are out of order"] : []),
    ...(/^[A-Z].*\.$/.test(why) ? [] : [`nobody says why: ${why}`]),
    ...(state && !waits ? [`waits in ${state} for nothing known`] : []),
    ...(state === "Attention" && !stuck ? ["needs attention, and nobody is told"] : []),
    ...(isOver && (may_do.length > 0 || stuck || state) ? ["is over, and something is to be done"] : []),
  ];
}

/** Which of the changes that we asked of the gateway a timeline tells of. */
export const changesTold = ({ body }: Answer): Set<string> =>
  new Set(
    onboardingSchema
      .parse(body)
      .events.flatMap(({ detail }) => readCalls(detail["calls"]).map(({ name }) => name)),
  );
