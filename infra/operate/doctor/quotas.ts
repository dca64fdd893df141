import {
  paginateListAWSDefaultServiceQuotas,
  paginateListServiceQuotas,
  type ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { MOST_LOOKS_AT_ONCE, type Stage } from "../../config.ts";
import { expectedLoad, type Load, PEAK_FACTOR } from "./expected-load.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";

/** One quota of the account, as Service Quotas lists it. */
export interface Quota {
  service: string;
  code: string;
  name: string;
  value: number;
}

/** What is held against which quota, found by its name. */
const held: readonly {
  what: string;
  service: string;
  name: RegExp;
  unit: "a second" | "at once";
  needs: (load: Load) => number;
  /** Where the account's value cannot be had: AWS's own, where that is the same everywhere. */
  otherwise?: number;
}[] = [
  {
    what: "StartExecution",
    service: "states",
    name: /^StartExecution\b.*refill rate/i,
    unit: "a second",
    needs: ({ startsPerSecond }) => startsPerSecond,
  },
  {
    what: "state transitions",
    service: "states",
    name: /^StateTransition\b.*refill rate/i,
    unit: "a second",
    needs: ({ transitionsPerSecond }) => transitionsPerSecond,
  },
  {
    what: "SendTaskSuccess",
    service: "states",
    name: /^SendTaskSuccess\b.*refill rate/i,
    unit: "a second",
    needs: ({ taskAnswersPerSecond }) => taskAnswersPerSecond,
  },
  {
    what: "open executions",
    service: "states",
    name: /\bopen executions\b/i,
    unit: "at once",
    needs: ({ openExecutions }) => openExecutions,
    otherwise: 1_000_000,
  },
  {
    what: "Lambda's concurrent executions",
    service: "lambda",
    name: /^Concurrent executions$/i,
    unit: "at once",
    needs: ({ concurrentFunctions }) => concurrentFunctions,
  },
  {
    what: "API Gateway's requests",
    service: "apigateway",
    name: /^Throttle rate$/i,
    unit: "a second",
    needs: ({ startsPerSecond, readsPerSecond, webhooksPerSecond }) =>
      startsPerSecond + readsPerSecond + webhooksPerSecond,
  },
  {
    what: "EventBridge's PutEvents",
    service: "events",
    name: /^PutEvents\b.*transactions per second/i,
    unit: "a second",
    needs: ({ eventsPerSecond }) => eventsPerSecond,
  },
];

/** The account's quotas of the services that are asked of most: those raised for it, AWS's defaults for the others. */
export const learnQuotas = (client: ServiceQuotasClient): Promise<Learnt<Quota[]>> =>
  learn(async () => {
    const services = [...new Set(held.map(({ service }) => service))];
    const listed = await Promise.all(services.map((service) => quotasOf(client, service)));
    return listed.flat();
  });

async function quotasOf(client: ServiceQuotasClient, service: string): Promise<Quota[]> {
  const found = new Map<string, Quota>();
  // Of some quotas only the default can be had; what was raised takes its place.
  for (const paginate of [paginateListAWSDefaultServiceQuotas, paginateListServiceQuotas])
    for await (const { Quotas = [] } of paginate({ client }, { ServiceCode: service }))
      for (const { QuotaCode: code = "", QuotaName: name = "", Value: value } of Quotas)
        if (value !== undefined) found.set(code, { service, code, name, value });
  return [...found.values()];
}

/** Holds what a stage expects against the account's quotas and its own limits. */
export function judgeQuotas(
  stage: Pick<Stage, "name" | "expectedPerDay" | "throttle" | "looksAtOnce" | "workflows">,
  quotas: Learnt<readonly Quota[]>,
): Finding[] {
  const { expectedPerDay, throttle, looksAtOnce, workflows } = stage;
  if (expectedPerDay === undefined)
    return [
      unknown(
        "quotas",
        "not checked, nothing says how many onboardings are expected",
        `set stages.${stage.name}.expectedPerDay in cdk.json`,
      ),
    ];
  const load = expectedLoad(expectedPerDay, Object.values(workflows));
  const limits: [string, number, number][] = [
    ["creates", load.startsPerSecond, throttle.creates.perSecond],
    ["reads", load.readsPerSecond, throttle.reads.perSecond],
    ["webhooks", load.webhooksPerSecond, throttle.webhooks.perSecond],
  ];
  const tight = limits
    .filter(([, needed, limit]) => needed > limit)
    .map(([kind, needed, limit]) =>
      wrong(
        `limit of ${kind}`,
        `${limit} a second, but ${shown(needed)} are expected`,
        `raise stages.${stage.name}.throttle.${kind}.perSecond to ${Math.ceil(needed)} in cdk.json, and deploy`,
      ),
    );
  if (load.looksAtOnce > looksAtOnce)
    tight.push(
      wrong(
        "limit of looks",
        `${looksAtOnce} at once, but ${shown(load.looksPerSecond)} a second take ${shown(load.looksAtOnce)}`,
        load.looksAtOnce > MOST_LOOKS_AT_ONCE
          ? `spread the load over several stages: looksAtOnce goes up to ${shown(MOST_LOOKS_AT_ONCE)}`
          : `raise stages.${stage.name}.looksAtOnce to ${load.looksAtOnce} in cdk.json, if the gateway takes as much, and deploy`,
      ),
    );
  const limited =
    tight.length > 0
      ? tight
      : [
          good(
            "limits",
            `enough for ${shown(expectedPerDay)} onboardings a day, peaks of ${PEAK_FACTOR} times the mean`,
          ),
        ];
  if ("because" in quotas)
    return [...limited, unknown("quotas", `not checked here: ${quotas.because}`, quotas.fix)];
  return [...limited, ...held.map((each) => judgeQuota(each, load, quotas.value))];
}

function judgeQuota(
  { what, service, name, unit, needs, otherwise }: (typeof held)[number],
  load: Load,
  quotas: readonly Quota[],
): Finding {
  const check = `quota of ${what}`;
  const needed = needs(load);
  const [quota] = quotas
    .filter((each) => each.service === service && name.test(each.name))
    .sort((one, other) => one.value - other.value);
  const value = quota?.value ?? otherwise;
  if (value === undefined)
    return unknown(check, `not found among those of ${service}; ${shown(needed)} ${unit} are needed`);
  if (needed <= value) return good(check, `${shown(value)} ${unit}, ${shown(needed)} are needed`);
  const code = quota?.code ?? "…";
  return wrong(
    check,
    `${shown(value)} ${unit}, but ${shown(needed)} are needed`,
    `\`aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${Math.ceil(needed)}\``,
  );
}

/** With one decimal below ten, in thousands above. */
const shown = (value: number): string =>
  value < 10 ? String(Math.ceil(value * 10) / 10) : Math.ceil(value).toLocaleString("en");
