import { type Command, Option } from "commander";
import type * as z from "zod";
import { operationAnswerSchema } from "../../functions/actions/act-on-onboarding.ts";
import { onboardingSchema } from "../../functions/actions/fetch-onboarding.ts";
import { recaptureConfigSchema } from "../../shared/gateway/profile.ts";
import { type OperatorAction, operatorActionWords } from "../../shared/profile/operations.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { type AskedOptions, askedOptions } from "./asked-options.ts";
import { confirm } from "./confirm.ts";
import { printable, printJson, printLines } from "./print.ts";
import { jsonOption, openStageApi, type StageApi, stageOption } from "./stage-api.ts";

interface ActOptions extends AskedOptions {
  yes?: boolean;
  json: boolean;
  stage?: string;
}
interface DecisionOptions extends ActOptions {
  code?: string;
  text?: string;
  comments?: string;
}
interface RecaptureOptions extends ActOptions {
  item?: string[];
  because?: string;
  code?: string;
  comments?: string;
}

/** What cannot be taken back is asked for twice. */
const asksFirst: Partial<Record<OperatorAction, (reference: string) => string>> = {
  purge: (reference) => `The customer's data of ${reference} will be erased, at the gateway and with us.`,
  reject: (reference) => `The customer of ${reference} will be rejected.`,
  cancel: (reference) => `${reference} will be cancelled: its link ends.`,
};

/** One command per action: `approve REFERENCE --reason TEXT`, … */
export function actCommands(program: Command): void {
  for (const action of [
    "recheck",
    "resend-link",
    "remind",
    "cancel",
    "purge",
    "hold",
    "release",
    "restart",
  ] as const)
    command(program, action).action((reference: string, options: ActOptions) =>
      act(action, reference, options, async () => ({})),
    );

  for (const action of ["approve", "reject"] as const)
    command(program, action)
      .option("--code <code>", "code of the decision, for the gateway")
      .option("--text <text>", "reason of the decision, for the gateway")
      .option("--comments <text>", "comments on the decision, for the gateway")
      .action((reference: string, { code, text, comments, ...options }: DecisionOptions) =>
        act(action, reference, options, async () => {
          const description = { code, reason: text, comments };
          return Object.values(description).some((word) => word !== undefined)
            ? { status_description: description }
            : {};
        }),
      );

  command(program, "recapture")
    .addOption(
      new Option(
        "--item <id...>",
        "what to redo, by ref_id or task_key; left out, all that the gateway offers",
      ),
    )
    .option("--because <text>", "one of the reasons that the gateway offers; left out, they are listed")
    .option("--code <code>", "its code, where several reasons have this text")
    .option("--comments <text>", "comments for the customer; some reasons need them")
    .action((reference: string, { item, because, code, comments, ...options }: RecaptureOptions) =>
      act("recapture", reference, options, (api) =>
        recaptureOf(api, reference, { item, because, code, comments }),
      ),
    );
}

const examples: Partial<Record<OperatorAction, string>> = {
  reject: '--reason "Forged card, seen by two" --code FORGERY --text "Document not genuine"',
  recapture: '--reason "Face not visible" --because "Incorrect selfie" --item nil.selfie.nil.1.nil',
  hold: '--reason "Court order" --ticket LEGAL-7',
  purge: '--reason "The customer asked for it" --ticket DPO-12 --yes',
};

function command(program: Command, action: OperatorAction): Command {
  const made = program
    .command(action)
    .description(operatorActionWords[action])
    .argument("<reference>", "the caller's reference_id");
  for (const option of askedOptions()) made.addOption(option);
  made.addOption(jsonOption()).addOption(stageOption());
  if (asksFirst[action]) made.option("--yes", "do not ask first", false);
  return made.addHelpText(
    "after",
    `
The attempt is written into the timeline before anything happens, and so is what came of it.

Example:
  npm run onboarding -- ${action} order-1042 ${examples[action] ?? '--reason "The customer called" --ticket OPS-7'}`,
  );
}

async function act(
  action: OperatorAction,
  reference: string,
  { reason: why, ticket: id, by, yes, json, stage }: ActOptions,
  more: (api: StageApi) => Promise<object>,
): Promise<void> {
  const api = await openStageApi(stage);
  const own = await more(api);
  const question = asksFirst[action];
  if (question && !yes) await confirm(question(reference), reference);
  const path = `/onboardings/${encodeURIComponent(reference)}/actions`;
  const body = { action, by, reason: why, ...(id !== undefined && { ticket: id }), ...own };
  const answer = await api.call(operationAnswerSchema, "POST", path, body);
  if (json) printJson(answer);
  else printLines(answerLines(answer, stage));
}

/** What people read of an answer, and what to type next. */
function answerLines(
  { reference_id, done, says, status, reason_kept }: z.output<typeof operationAnswerSchema>,
  stage: string | undefined,
): string[] {
  return [
    `${done ? "✓" : "·"} ${reference_id}: ${says}${status ? ` (${status})` : ""}`,
    ...(reason_kept
      ? []
      : [
          "  There is no profile to keep the reason's text with: only who, what and the ticket are written down.",
        ]),
    `npm run onboarding -- show ${reference_id}${stage ? ` --stage ${stage}` : ""}`,
  ];
}

/** Items and reason as the gateway offers them (E8). Throws `CommandFailed` that lists the offer where nothing fits. */
async function recaptureOf(
  api: StageApi,
  reference: string,
  { item, because, code, comments }: Pick<RecaptureOptions, "item" | "because" | "code" | "comments">,
): Promise<object> {
  const { profile_id } = await api.call(
    onboardingSchema.pick({ profile_id: true }),
    "GET",
    `/onboardings/${encodeURIComponent(reference)}`,
  );
  if (profile_id === null) throw new CommandFailed(`${reference} has no profile yet`);
  const { configuration, reasons } = await api.call(
    recaptureConfigSchema,
    "GET",
    `/profiles/${encodeURIComponent(profile_id)}/recapture/config`,
  );
  const fits = reasons.filter((each) => each.reason === because && (code ?? each.code) === each.code);
  const [reasonOf, ...others] = fits;
  const refs = configuration.resources.map(({ ref_id }) => ref_id);
  const keys = configuration.tasks.map(({ task_key }) => task_key);
  const unknown = (item ?? []).filter((id) => !refs.includes(id) && !keys.includes(id));
  if (!reasonOf || others.length > 0 || unknown.length > 0)
    throw new CommandFailed(
      [
        unknown.length > 0
          ? `the gateway does not offer ${unknown.join(", ")}.`
          : others.length > 0
            ? "several reasons have this text: name one by --code."
            : "name one of the offered reasons by --because.",
        "  reasons",
        ...reasons.map(
          (each) =>
            `    ${printable(each.reason)}  (${printable(each.code)}${each.comments_mandatory ? ", needs --comments" : ""})`,
        ),
        "  items",
        ...[...new Set([...refs, ...keys])].map((id) => `    ${printable(id)}`),
      ].join("\n"),
    );
  return {
    items: item
      ? { ref_ids: item.filter((id) => refs.includes(id)), task_keys: item.filter((id) => keys.includes(id)) }
      : "all",
    recapture_details: {
      code: reasonOf.code,
      reason: reasonOf.reason,
      ...(comments !== undefined && { comments }),
    },
  };
}
