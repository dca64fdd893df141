import type { Operation } from "../../shared/gateway/endpoints.ts";
import type { Ask, ContractCase, Expected, World } from "./contract-case.ts";

type Value<Kind> = Kind | ((world: World) => Kind | Promise<Kind>);
type Body = string | object | null;

/** An operation as contract §2 has it: how it is asked when nothing is wrong. */
export interface Request {
  method: string;
  path: string;
  /** Which of the subject's ids stands for `{id}`; `null`: the path has none. */
  id: "profile_id" | "reference_id" | null;
  query?: Record<string, string>;
  body?: (world: World) => Body | Promise<Body>;
}

const minimal = ({ reference_id, config_id }: World) => ({ reference_id, config: { id: config_id } });
const fetched = (after: string): Request => ({
  method: "GET",
  path: `/profiles/{id}${after}`,
  id: "profile_id",
});
const byReference = (request: Request): Request => ({
  ...request,
  id: "reference_id",
  query: { query_type: "reference_id" },
});
const cancelled: Request = { method: "PUT", path: "/profiles/{id}/cancel", id: "profile_id" };

/** Offered by E8. */
export const selfie = {
  attr: null,
  document_type: "selfie",
  ref_id: "nil.selfie.nil.1.nil",
  resource_type: "image",
};
export const selfieRecapture = {
  recapture_configuration: { tasks: [], resources: [selfie] },
  recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
};

/** The operations by their names. */
export const requests = {
  E1: { method: "POST", path: "/sync/profiles", id: null, body: minimal },
  E2: { method: "POST", path: "/async/profiles", id: null, body: minimal },
  E3: fetched(""),
  E4: byReference(fetched("")),
  E5: { ...fetched(""), query: { status_only: "true" } },
  E6: fetched("/capture"),
  E7: byReference(fetched("/capture")),
  E8: fetched("/recapture/config"),
  E9: { ...fetched("/recapture/submit"), method: "POST", body: () => selfieRecapture },
  E10: { ...fetched("/complete_profile"), method: "POST", body: () => ({ status: "approved" }) },
  E11: cancelled,
  E12: byReference(cancelled),
  E13: { ...fetched("/purge"), method: "POST" },
  E14: {
    method: "PUT",
    path: "/scheduling/appointments/cancel",
    id: null,
    body: ({ subject }) => ({ reference_id: subject.reference_id }),
  },
  E15: {
    ...fetched("/config"),
    method: "PUT",
    body: () => ({ config: { overrides: { video_kyc_priority: 2 } } }),
  },
  E16: { method: "GET", path: "/v2/call_metrics", id: null },
  E17: {
    method: "POST",
    path: "/enc/sync/profiles",
    id: null,
    body: async (world) => ({ ...minimal(world), encrypted_data: await world.cipher.encrypt({}) }),
  },
  E18: { ...fetched(""), path: "/enc/profiles/{id}" },
} satisfies Record<Operation, Request>;
export type OperationName = keyof typeof requests;

/** What a case asks otherwise than {@link requests} does. */
export interface Change {
  method?: string;
  id?: Value<string>;
  /** Beside the operation's own query. */
  query?: Record<string, string>;
  body?: Value<Body>;
  headers?: Value<Record<string, string>>;
}

export const ask =
  (operation: OperationName, { method, id, query, body, headers }: Change = {}): Ask =>
  async (world) => {
    const request: Request = requests[operation];
    const named = id === undefined ? request.id && world.subject[request.id] : await resolved(id, world);
    const asked = new URLSearchParams({ ...request.query, ...query }).toString();
    const path = request.path.replace("{id}", () => encodeURIComponent(named ?? ""));
    const sent = body === undefined ? await request.body?.(world) : await resolved(body, world);
    return {
      method: method ?? request.method,
      path: asked === "" ? path : `${path}?${asked}`,
      ...(sent !== undefined && { body: sent }),
      ...(headers !== undefined && { headers: await resolved(headers, world) }),
    };
  };

type Circumstances = Pick<ContractCase, "state" | "fresh" | "before" | "faulty" | "read">;

/** A line of the table. */
export function row(
  operation: OperationName,
  name: string,
  expected: Expected,
  { state, fresh, before, faulty, read, ...change }: Circumstances & Change = {},
): ContractCase {
  return { operation, name, state, fresh, before, faulty, read, ask: ask(operation, change), ...expected };
}

const resolved = <Kind>(value: Value<Kind>, world: World): Kind | Promise<Kind> =>
  typeof value === "function" ? (value as (world: World) => Kind | Promise<Kind>)(world) : value;
