import { randomUUID } from "node:crypto";
import { Argument, type Command } from "commander";
import { sleep } from "../../functions/environment.ts";
import { saysOf } from "../../functions/timeline/timeline-words.ts";
import { duration } from "../../shared/profile/duration.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import { type AskedOptions, askedOptions } from "./asked-options.ts";
import { confirm } from "./confirm.ts";
import {
  countOf,
  type DeadLetter,
  openDeadLetters,
  peek,
  type QueueName,
  queueNames,
} from "./dead-letter-queues.ts";
import { printJson, printLines } from "./print.ts";
import { redrive, redriveDoes } from "./redrive.ts";
import { jsonOption, stageOption } from "./stage-api.ts";
import { tableLines } from "./table-lines.ts";

/** Looked at of each queue; of more the count tells. */
const PEEKED = 100;
/** Shown of what operators did to each; the table has all of it. */
const LATEST = 20;

const awsNotes = `Uses your own AWS credentials, as the AWS CLI would find them, and needs no caller's.`;

const meanings: Record<QueueName, string> = {
  intake: "requests to start that failed five times: `redrive intake` once the cause is gone",
  looks: "looks at what was due that failed five times: the sweeper asks again; `redrive looks` does at once",
  signals: "signals that failed for good: the sweeper finds their onboardings; `redrive signals` drops them",
};

/** `dead-letters` and `redrive`: what was given up, and another try. */
export function deadLetterCommands(program: Command): void {
  const queue = () => new Argument("<queue>", "which").choices(queueNames);

  program
    .command("dead-letters")
    .description(
      "list what was given up after its tries, and what operators did to it; nothing of the customers",
    )
    .addArgument(queue().argOptional())
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText(
      "after",
      `
${queueNames.map((name) => `  ${name.padEnd(8)} ${meanings[name]}`).join("\n")}

They are kept for four days. Being looked at, they count as received once more, and are hidden for a moment.
${awsNotes}

Examples:
  npm run onboarding -- dead-letters --stage prod
  npm run onboarding -- dead-letters intake --json`,
    )
    .action(async (name: QueueName | undefined, { json, stage }: { json: boolean; stage?: string }) => {
      const queues = await openDeadLetters(stage);
      const listed = await Promise.all(
        (name ? [name] : queueNames).map(async (each) => ({
          queue: each,
          count: await countOf(queues, each),
          messages: await peek(queues, each, PEEKED),
          events: (await queues.records.historyOfQueue(each))
            .slice(-LATEST)
            .map((line) => ({ ...line, at: new Date(line.at).toISOString(), says: saysOf(line) })),
        })),
      );
      if (json) printJson(listed);
      else printLines(deadLetterLines(listed, stage, Date.now()));
    });

  const redriving = program
    .command("redrive")
    .description("send dead letters back to be tried again; signals, which came from no queue, are dropped")
    .addArgument(queue());
  for (const option of askedOptions()) redriving.addOption(option);
  redriving
    .option("--yes", "do not ask first", false)
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText(
      "after",
      `
What fails again comes back after five tries, half an hour later. Sent back twice, nothing starts twice.
A signal names a place in the table's stream and no onboarding: whatever it was about is looked at when it is due, at
the latest within a day. To be sooner, re-check what you know of: npm run onboarding -- recheck REFERENCE --reason ...
It is written down before anything moves: in the timelines of the onboardings, and what \`dead-letters\` shows.
${awsNotes}

Examples:
  npm run onboarding -- redrive intake --reason "The key is back" --ticket OPS-7 --stage prod
  npm run onboarding -- redrive signals --reason "All of them were re-checked" --yes`,
    )
    .action(async (name: QueueName, { yes, json, stage, by, ticket, reason }: RedriveOptions) => {
      const queues = await openDeadLetters(stage);
      const count = await countOf(queues, name);
      const does = redriveDoes(name);
      if (count > 0 && !yes) await confirm(`${count} of ${name} will be ${does}.`, name);
      const { records, vault } = queues;
      const deps = {
        records,
        vault,
        takeBack: vault.remove,
        now: () => Date.now(),
        sleep,
        newId: randomUUID,
      };
      const { done, reasons_kept } = await redrive(queues, name, { who: by, ticket, reason }, deps);
      if (json) {
        const moved = { [name === "signals" ? "dropped" : "moved"]: done };
        console.log(JSON.stringify({ queue: name, ...moved, reasons_kept }));
      } else printLines(redrivenLines(name, done, reasons_kept));
    });
}

interface RedriveOptions extends AskedOptions {
  yes: boolean;
  json: boolean;
  stage?: string;
}

/** What people read of a redrive. */
function redrivenLines(name: QueueName, done: number, reasonsKept: number): string[] {
  if (done === 0) return [`There are none in ${name}.`];
  const kept = reasonsKept > 0 ? `with ${reasonsKept} of them` : "nowhere";
  return [
    `✓ ${done} of ${name} ${redriveDoes(name)}.`,
    ...(reasonsKept < done
      ? [
          `  The reason's text is kept ${kept}: it needs a profile that it lies with. Who, when and the ticket are kept.`,
        ]
      : []),
  ];
}

export interface ListedQueue {
  queue: QueueName;
  count: number;
  messages: readonly DeadLetter[];
  /** What operators did to it, as lines of a timeline. */
  events: readonly (Omit<HistoryEvent, "at"> & { at: string; says: string })[];
}

/** The dead letters for people, and what to type next. */
export function deadLetterLines(
  listed: readonly ListedQueue[],
  stage: string | undefined,
  now: number,
): string[] {
  const full = listed.filter(({ count, messages }) => count > 0 || messages.length > 0);
  const acts = listed
    .flatMap(({ queue, events }) => events.map(({ at, says }) => [at, queue, says]))
    .sort(([one = ""], [other = ""]) => (one < other ? -1 : 1));
  const done = acts.length > 0 ? ["", ...tableLines(["AT", "QUEUE", "WHAT OPERATORS DID"], acts)] : [];
  if (full.length === 0) return ["There are no dead letters.", ...done];
  const age = (sent_at: string | null) => (sent_at ? duration(now - Date.parse(sent_at)) : "");
  const on = stage ? ` --stage ${stage}` : "";
  return [
    ...tableLines(
      ["QUEUE", "COUNT", "OLDEST"],
      full.map(({ queue, count, messages }) => [
        queue,
        String(Math.max(count, messages.length)),
        age(messages[0]?.sent_at ?? null),
      ]),
      [1],
    ),
    ...full.flatMap(({ queue, count, messages }) => [
      "",
      `${queue}: ${meanings[queue]}`,
      ...tableLines(
        ["MESSAGE", "SENT", "AGE", "RECEIVES", ...(queue === "looks" ? ["REFERENCE"] : [])],
        messages.map(({ message_id, sent_at, receives, reference_id = "" }) => [
          message_id,
          sent_at ?? "",
          age(sent_at),
          String(receives),
          reference_id,
        ]),
        [3],
      ).map((line) => `  ${line}`.trimEnd()),
      ...(count > messages.length && messages.length >= PEEKED
        ? [`  and ${count - messages.length} more`]
        : []),
      `npm run onboarding -- redrive ${queue} --reason "..."${on}`,
    ]),
    ...done,
  ];
}
