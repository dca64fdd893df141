import { expect, test } from "vitest";
import type { Grant } from "../../functions/grants.ts";
import { grants as intakeGrants } from "../../functions/intake/intake.ts";
import { grants as resumeGrants } from "../../functions/resume/resume.ts";
import { steps } from "../../functions/steps/index.ts";
import { grants as sweepGrants } from "../../functions/sweep/sweep.ts";
import { grants as webhookGrants } from "../../functions/webhooks/ingest.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { actions } from "./deployment.ts";
import { simulate } from "./simulation.ts";

const SEEDS = 260;

/** The grant that each kind of request needs; more than one where any of them will do. */
const needs: Record<string, Grant[]> = {
  "table.get": ["records:read"],
  "table.query": ["records:history"],
  "table.queryDue": ["records:due"],
  "table.put": ["records:write"],
  "table.update": ["records:write"],
  "vault.get": ["vault:read", "vault:reasons"],
  "vault.put": ["vault:write", "vault:note"],
  "vault.putFile": ["vault:write"],
  "vault.remove": ["vault:delete", "vault:erase"],
  "vault.erase": ["vault:erase"],
  publish: ["events:publish"],
  "executions.history": ["executions:read"],
  "executions.start": ["executions:start"],
  "executions.look": ["executions:look"],
  "executions.answer": ["executions:resume"],
  "executions.heartbeat": ["executions:resume"],
  "queue.send": ["looks:send"],
};
const grantsFor = (call: string): Grant[] => {
  if (call.startsWith("gateway.")) return ["gateway:call"];
  // A file of a result lies on another host: no role is asked.
  if (call === "document") return [];
  const grants = needs[call];
  if (!grants) throw new Error(`it is not known what ${call} needs`);
  return grants;
};

const granted: Record<string, readonly Grant[]> = {
  ...Object.fromEntries(Object.values(steps).map(({ name, grants }) => [`step:${name}`, grants])),
  ...Object.fromEntries(Object.entries(actions).map(([name, { grants }]) => [`caller:${name}`, grants])),
  intake: intakeGrants,
  resume: resumeGrants,
  sweep: sweepGrants,
  webhook: webhookGrants,
};

/** Read before the simulated part of a function begins. */
const before: Grant[] = ["callers:read", "webhooks:read", "executions:name"];
/** Used where a gateway creates nothing for a customer's whole time, or a step dies in one certain moment. */
const rare: Record<string, Grant[]> = {
  "step:Attention": ["records:history"],
};

const touched = new Map<string, Set<string>>();
const definition = synthesizedDefinition();
for (let seed = 1; seed <= SEEDS; seed++)
  for (const [by, calls] of (await simulate(seed, definition)).touched)
    touched.set(by, new Set([...(touched.get(by) ?? []), ...calls]));

test("every simulated function was met", () => {
  expect(Object.keys(granted).filter((by) => !touched.has(by))).toEqual([]);
  expect([...touched.keys()].filter((by) => !(by in granted))).toEqual([]);
});

test.each([...touched])("%s asks for nothing that it has no grant for, and uses each grant", (by, calls) => {
  const grants = granted[by] ?? [];
  const asked = [...calls].map((call) => [call, grantsFor(call)] as const);
  const refused = asked.filter(([, any]) => any.length > 0 && !any.some((grant) => grants.includes(grant)));
  expect(refused).toEqual([]);
  const used = [...before, ...(rare[by] ?? []), ...asked.flatMap(([, any]) => any)];
  expect(grants.filter((grant) => !used.includes(grant))).toEqual([]);
});
