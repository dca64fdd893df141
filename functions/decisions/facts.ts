import * as z from "zod";
import type { FullProfile } from "../../shared/gateway/profile.ts";

const keys = z.array(z.string());

/**
 * All that rules may know of a profile: words, yes or no, scores and counts. Nothing that a customer said or that was
 * read off a document. Nothing is ever absent: what the profile does not have is an empty list.
 */
export const factsSchema = z.strictObject({
  /** Recapture rounds begun. */
  round: z.int(),
  /** There is a task, and every one is in `verified`. */
  all_verified: z.boolean(),
  /** A person rejected a task for a face that is another's. */
  face_mismatch: z.boolean(),
  /** Keys of all tasks; each is in one of the six lists below as well. */
  tasks: keys,
  verified: keys,
  rejected: keys,
  unable_to_verify: keys,
  /** Completed, and nobody said what came of it. */
  undecided: keys,
  /** Failed or cancelled. */
  failed: keys,
  unfinished: keys,
  /** Types of the documents and images that are there (contract §7.7). */
  documents: keys,
  /** What machines put a number to, `KEY.FIELD` of fields that are called a score, a confidence or the like. */
  scores: z.record(z.string(), z.number()),
  /** What machines said yes or no to, by `KEY.FIELD`. */
  answers: z.record(z.string(), z.boolean()),
});
export type Facts = z.output<typeof factsSchema>;
export type FactName = keyof Facts;

type Task = FullProfile["tasks"][number] & { tasks?: Task[] };

/** The words of contract §7.5, which end a task one way or another. */
const verdicts = ["verified", "rejected", "unable_to_verify"] as const;
type Standing = (typeof verdicts)[number] | "undecided" | "failed" | "unfinished";

/** The facts of a profile (contract §4.1) after `round` recapture rounds. Pure. */
export function factsOf(
  { tasks, resources }: Pick<FullProfile, "tasks" | "resources">,
  round: number,
): Facts {
  const all = tasksIn(tasks as Task[]);
  const keysOf = (standing: Standing) =>
    distinct(all.filter((task) => standingOf(task) === standing).map(keyOf));
  const outputs = all.flatMap((task) => leavesOf(task.result?.automated_response, keyOf(task)));
  const types = [...resources.documents, ...resources.images].flatMap(({ type }) => type ?? []);
  return {
    round,
    all_verified: all.length > 0 && all.every((task) => standingOf(task) === "verified"),
    face_mismatch: all.some(isFaceMismatch),
    tasks: distinct(all.map(keyOf)),
    verified: keysOf("verified"),
    rejected: keysOf("rejected"),
    unable_to_verify: keysOf("unable_to_verify"),
    undecided: keysOf("undecided"),
    failed: keysOf("failed"),
    unfinished: keysOf("unfinished"),
    documents: distinct(types),
    // JSON's 1e999 is read as Infinity, which would pass every mark.
    scores: byName(outputs, (value, name) => Number.isFinite(value) && isScore.test(name)),
    answers: byName(outputs, (value) => typeof value === "boolean"),
  };
}

/** Every task at any depth. A bare group (§4.3) is none, its children are. */
const tasksIn = (tasks: readonly Task[]): Task[] =>
  tasks.flatMap((task) => {
    const own = task.task_id ?? task.task_type ?? task.key ?? task.status ?? task.result;
    return [...(own === undefined ? [] : [task]), ...tasksIn(task.tasks ?? [])];
  });

const keyOf = ({ key, task_type }: Task): string => key ?? task_type ?? "unnamed";

/**
 * A person's word counts before a machine's, whose output has no documented shape: a `status` of the same words is
 * taken for its verdict. A rejection counts whatever the task's own status, a verification once it is completed.
 */
function standingOf({ status, result }: Task): Standing {
  const [said] = [result?.manual_response, result?.automated_response].flatMap(
    (response) => verdicts.find((word) => word === response?.["status"]) ?? [],
  );
  if (said === "rejected") return "rejected";
  if (status === "failed" || status === "cancelled") return "failed";
  if (status === "unable_to_verify") return "unable_to_verify";
  return status === "completed" ? (said ?? "undecided") : "unfinished";
}

/** Reasons are free text; these words begin those that the contract has seen of a face (§4.3). */
const isFaceMismatch = ({ result }: Task): boolean => {
  const { status, status_reason } = Object(result?.manual_response) as Record<string, unknown>;
  return (
    status === "rejected" && typeof status_reason === "string" && /^\s*face mismatch\b/i.test(status_reason)
  );
};

/** A number by any other name may be a date of birth or the number of a document. */
const isScore = /(?:^|[._])(?:score|confidence|similarity)$/;

/** No rule names what is called by more: many values behind one long name would fill the memory with it. */
const MAX_NAME_LENGTH = 500;

/** The single values in an object, each with the path that leads to it; lists are left out. */
function leavesOf(value: unknown, name: string): [name: string, value: unknown][] {
  if (name.length > MAX_NAME_LENGTH) return [];
  if (typeof value !== "object" || value === null) return [[name, value]];
  if (Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([field, each]) => leavesOf(each, `${name}.${field}`));
}

const byName = <Value>(
  leaves: readonly [name: string, value: unknown][],
  wanted: (value: unknown, name: string) => boolean,
): Record<string, Value> =>
  Object.fromEntries(leaves.filter(([name, value]) => wanted(value, name))) as Record<string, Value>;

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
