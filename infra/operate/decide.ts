import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { decideReview } from "../../functions/decisions/decide-review.ts";
import { type DecisionAnswer, decisionAnswerSchema } from "../../functions/decisions/decision-answer.ts";
import { ruleProblem } from "../../functions/decisions/rules.ts";
import { decisionSchema, type RulesDecision } from "../../shared/profile/policy.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { settingProblems } from "../setting-problems.ts";
import { printJson, printLines } from "./print.ts";
import { jsonOption, openStageApi, stageOption } from "./stage-api.ts";

/** `decide`: what the policy would do about an onboarding now, and why. */
export function decideCommand(program: Command): void {
  program
    .command("decide")
    .description("show what the policy would decide now, by which rule and on which facts; changes nothing")
    .argument("<reference>", "reference_id of the onboarding")
    .option("--dry-run", "the only way there is: the policy itself decides when the gateway asks", false)
    .option("--rules <file>", "try a policy of rules (JSON, as `decision` in cdk.json) before it is deployed")
    .addOption(stageOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  npm run onboarding -- decide order-1042 --dry-run
  npm run onboarding -- decide order-1042 --dry-run --rules new-rules.json --stage prod`,
    )
    .action(async (reference: string, options: CommandOptions, command: Command) => {
      const { dryRun, rules, stage, json } = options;
      if (!dryRun)
        command.error(
          "error: only dry runs: the policy decides by itself when the gateway asks; add --dry-run to see what it would do",
        );
      const tried = rules === undefined ? null : readRules(rules);
      const api = await openStageApi(stage);
      const path = `/onboardings/${encodeURIComponent(reference)}/decision`;
      const deployed = await api.call(decisionAnswerSchema, "GET", path);
      const answer = tried ? withRules(deployed, tried) : deployed;
      if (json) printJson(answer);
      else printLines(decisionLines(answer, rules ?? null));
    });
}

interface CommandOptions {
  dryRun: boolean;
  rules?: string;
  stage?: string;
  json: boolean;
}

/** A policy of rules from a file, checked as at a deploy. Throws `CommandFailed` that names each wrong key. */
export function readRules(file: string): RulesDecision {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new CommandFailed(`${file} cannot be read, or is not JSON`);
  }
  const { data, error } = decisionSchema.safeParse(json);
  if (error) throw new CommandFailed(`${file}: ${settingProblems(error.issues, ["decision"]).join("; ")}`);
  if (data.kind !== "rules") throw new CommandFailed(`${file}: decision.kind: "rules" is wanted`);
  const problems = data.rules.flatMap(({ when }, index) => {
    const problem = ruleProblem(when);
    return problem ? [`decision.rules.${index}.when: ${problem}`] : [];
  });
  if (problems.length > 0) throw new CommandFailed(`${file}: ${problems.join("; ")}`);
  return data;
}

/** The same onboarding, as if these rules were deployed. */
export function withRules(answer: DecisionAnswer, decision: RulesDecision): DecisionAnswer {
  const { facts, round, max_rounds } = answer;
  const workflow = { decision, maxRounds: max_rounds };
  const { word, policy, rule, reason, facts: read, rules } = decideReview(workflow, round, facts);
  return { ...answer, decides: policy, act: word, rule, because: reason, facts_read: read, rules };
}

const acts: Record<DecisionAnswer["act"], string> = {
  person: "a person is asked",
  approve: "approve",
  reject: "reject",
  recapture: "send the customer back",
  attention: "ask for attention",
};

const outcomes: Record<DecisionAnswer["rules"][number]["outcome"], string> = {
  matches: "matches",
  "does-not-match": "does not match",
  lacks: "lacks a fact, so does not match",
  fault: "cannot be worked out",
  "not-asked": "not asked",
};

/** What people read. `file`: where the rules are from, if not from the stage. */
export function* decisionLines(answer: DecisionAnswer, file: string | null): Generator<string> {
  const { reference_id, status, act, rule, because, decides, facts_read, facts, rules } = answer;
  yield `${reference_id}: ${acts[act]}`;
  yield `  policy      ${decides}${file === null ? "" : ` of ${file}`}`;
  if (decides === "rules") yield `  rule        ${rule ?? "none matched"}`;
  if (because) yield `  because     ${because}`;
  if (facts_read.length > 0) yield `  led by      ${facts_read.join(", ")}`;
  yield `  status      ${status}: ${answer.would_apply ? "a decision is waited for" : "there is nothing to decide"}`;
  if (rules.length > 0) {
    yield "";
    yield* table([
      ["RULE", "WHEN", "ACT", "HERE"],
      ...rules.map((each) => [
        each.name,
        each.when.replaceAll(/\s+/g, " "),
        acts[each.act],
        outcomes[each.outcome],
      ]),
    ]);
  }
  yield "";
  yield* table([["FACT", "VALUE"], ...Object.entries(facts).map(([name, value]) => [name, shown(value)])]);
}

function shown(value: DecisionAnswer["facts"][keyof DecisionAnswer["facts"]]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  const words = Array.isArray(value)
    ? value
    : Object.entries(value).map(([name, each]) => `${name} ${shown(each)}`);
  return words.join(", ") || "–";
}

/** Rows in columns as wide as they need. */
function* table(rows: readonly string[][]): Generator<string> {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    yield `  ${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd()}`;
}
