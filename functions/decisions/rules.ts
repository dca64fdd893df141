import { type ASTNode, Environment, EvaluationError, type TypeCheckResult } from "@marcbachmann/cel-js";
import type { RuleAct, RulesDecision } from "../../shared/profile/policy.ts";
import { once } from "../environment.ts";
import type { FactName, Facts } from "./facts.ts";

/** What became of one rule. `lacks`: it asks for a score or an answer that the profile does not have. */
export const ruleOutcomes = ["matches", "does-not-match", "lacks", "fault", "not-asked"] as const;
export type RuleOutcome = (typeof ruleOutcomes)[number];

/** A rule with what became of it, and the facts that it reads. */
export interface JudgedRule {
  name: string;
  when: string;
  act: RuleAct["kind"];
  outcome: RuleOutcome;
  facts: string[];
}

/** What the rules say of a profile. */
export interface Judgement {
  act: RuleAct;
  /** The rule that decided; `null`: none, so `otherwise` did. */
  rule: string | null;
  /** Names of the facts that led to it. */
  facts: string[];
  /** Why a person decides where a rule would have; `null`: nothing stood in its way. */
  reason: string | null;
  rules: JudgedRule[];
}

const FAULT = "a rule could not be worked out";
const HELD = "a rule above the approval lacked a fact";

/**
 * The first rule that matches decides. One that lacks a fact does not match; as it might have objected, no rule below
 * it approves by itself. One that cannot be worked out ends it: a person decides. Never throws.
 */
export function judge({ rules, otherwise }: RulesDecision, facts: Facts): Judgement {
  const judged: JudgedRule[] = rules.map(({ name, when, act }) => ({
    name,
    when,
    act: act.kind,
    outcome: "not-asked",
    facts: readBy(when),
  }));
  const to = (act: RuleAct, reason: string | null, rule: JudgedRule | null): Judgement => ({
    act,
    rule: rule?.name ?? null,
    facts: rule?.facts.length ? rule.facts : readByAll(judged),
    reason,
    rules: judged,
  });
  let lacking = false;
  for (const [index, { when, act }] of rules.entries()) {
    const rule = judged[index] as JudgedRule;
    rule.outcome = outcomeOf(when, facts);
    if (rule.outcome === "fault") return to({ kind: "person" }, FAULT, rule);
    if (rule.outcome === "lacks") lacking = true;
    if (rule.outcome === "matches")
      return lacking && act.kind === "approve" ? to({ kind: "person" }, HELD, rule) : to(act, null, rule);
  }
  return to({ kind: otherwise }, null, null);
}

/** Where no fact of its own led to a decision, it is those of the rules that did not match before. */
const readByAll = (judged: readonly JudgedRule[]): string[] => [
  ...new Set(judged.flatMap(({ outcome, facts }) => (outcome === "not-asked" ? [] : facts))),
];

/** What is wrong with a rule's expression, in one line; `null`: nothing, it can be deployed. */
export function ruleProblem(when: string): string | null {
  const checked: TypeCheckResult = environment().check(when);
  if (!checked.valid) {
    const said = (checked.error?.summary ?? "Not an expression").slice(0, 120);
    return checked.error?.code === "unknown_variable"
      ? `${said.replace("Unknown variable", "unknown fact")}; the facts are ${Object.keys(types).join(", ")}`
      : said.charAt(0).toLowerCase() + said.slice(1);
  }
  if (checked.type !== "bool") return `yields ${checked.type}, where true or false is wanted`;
  return forbidden(environment().parse(when).ast, false);
}

/** How the expression language knows each fact. */
const types = {
  round: "int",
  all_verified: "bool",
  face_mismatch: "bool",
  tasks: "list<string>",
  verified: "list<string>",
  rejected: "list<string>",
  unable_to_verify: "list<string>",
  undecided: "list<string>",
  failed: "list<string>",
  unfinished: "list<string>",
  documents: "list<string>",
  scores: "map<string, double>",
  answers: "map<string, bool>",
} as const satisfies Record<FactName, string>;

const environment = once(() => {
  const limits = {
    maxAstNodes: 200,
    maxDepth: 24,
    maxListElements: 50,
    maxMapEntries: 0,
    maxCallArguments: 2,
  };
  const made = new Environment({ limits });
  for (const [name, type] of Object.entries(types)) made.registerVariable(name, type);
  return made;
});

function outcomeOf(when: string, { round, ...facts }: Facts): RuleOutcome {
  try {
    const said: unknown = environment().evaluate(when, { ...facts, round: BigInt(round) });
    if (typeof said !== "boolean") return "fault";
    return said ? "matches" : "does-not-match";
  } catch (error) {
    return error instanceof EvaluationError && error.code === "no_such_key" ? "lacks" : "fault";
  }
}

/** Loops over the facts. One inside another would take time that grows with the square of a profile. */
const loops = ["all", "exists", "exists_one", "filter"];
/** All else that may be called: nothing that takes a pattern, a clock or another type into account. */
const plain = ["size", "has", "startsWith", "endsWith", "contains"];

/** What an expression calls that rules may not, or `null`. */
function forbidden(node: ASTNode, inLoop: boolean): string | null {
  const name = node.op === "call" || node.op === "rcall" ? node.args[0] : null;
  const isLoop = name !== null && loops.includes(name);
  if (name !== null && !isLoop && !plain.includes(name)) return `${name} is not for rules`;
  if (isLoop && inLoop) return `${name} is inside another loop`;
  const variable = isLoop && node.op === "rcall" ? node.args[2][0] : undefined;
  if (variable?.op === "id" && variable.args in types)
    return `${variable.args} is a fact: name what loops otherwise`;
  for (const child of childrenOf(node)) {
    const problem = forbidden(child, inLoop || isLoop);
    if (problem) return problem;
  }
  return null;
}

/** The names of the facts that an expression reads; of a score or an answer that it names, with its name. */
function readBy(when: string): string[] {
  const read = new Set<string>();
  const visit = (node: ASTNode): void => {
    const [map, field] =
      node.op === "."
        ? node.args
        : node.op === "[]" && node.args[1].op === "value"
          ? [node.args[0], node.args[1].args]
          : [];
    if (map?.op === "id" && typeof field === "string") read.add(`${map.args}.${field}`);
    else if (node.op === "id") {
      if (node.args in types) read.add(node.args);
    } else childrenOf(node).forEach(visit);
  };
  try {
    visit(environment().parse(when).ast);
  } catch {
    // Not an expression: it reads nothing, and judging it is a fault.
  }
  return [...read];
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;

const childrenOf = ({ args }: ASTNode): ASTNode[] =>
  [args].flat(3).filter((each: unknown): each is ASTNode => isNode(each));
