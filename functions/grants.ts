/**
 * What a function may touch. A function lists its grants beside its code; the stacks turn them into one
 * least-privilege role (actions and resources) and the environment variables that name the resources.
 */
export const grants = [
  "records:read",
  "records:history",
  "records:due",
  "records:write",
  "vault:read",
  "vault:reasons",
  "vault:note",
  "vault:write",
  "vault:delete",
  "vault:erase",
  "callers:read",
  "gateway:call",
  "webhooks:read",
  "events:publish",
  "executions:name",
  "executions:look",
  "executions:read",
  "executions:start",
  "executions:resume",
  "looks:send",
] as const;
export type Grant = (typeof grants)[number];

/** Environment variable of each resource that a grant reaches. */
export const environmentOf: Record<Grant, string> = {
  "records:read": "PROFILE_TABLE",
  "records:history": "PROFILE_TABLE",
  "records:due": "PROFILE_TABLE",
  "records:write": "PROFILE_TABLE",
  "vault:read": "VAULT_BUCKET",
  "vault:reasons": "VAULT_BUCKET",
  "vault:note": "VAULT_BUCKET",
  "vault:write": "VAULT_BUCKET",
  "vault:delete": "VAULT_BUCKET",
  "vault:erase": "VAULT_BUCKET",
  "callers:read": "CALLERS_SECRET",
  "gateway:call": "GATEWAY_SECRET",
  "webhooks:read": "WEBHOOKS_SECRET",
  "events:publish": "EVENT_BUS",
  "executions:name": "STATE_MACHINE_ARN",
  "executions:look": "STATE_MACHINE_ARN",
  "executions:read": "STATE_MACHINE_ARN",
  "executions:start": "STATE_MACHINE_ARN",
  "executions:resume": "STATE_MACHINE_ARN",
  "looks:send": "LOOK_QUEUE_URL",
};

/** File beside every bundle of the orchestrator: the stage's workflows and the hosts that it trusts, checked at deploy. */
export const settingsFile = "settings.json";
