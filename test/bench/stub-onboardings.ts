import { once } from "../../functions/environment.ts";
import { requestHash } from "../../functions/intake/claim.ts";
import { readStage } from "../../infra/local/stage-config.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { onboardingPk, profilePk } from "../../shared/store/keys.ts";

export const stubAccount = "bank/1042";
export const stubHashKey = Buffer.alloc(32, 7).toString("base64");
export const stubContentKey = {
  kid: "key-1",
  cek: Buffer.alloc(32, 8).toString("base64"),
  encrypts_from: 0,
  retires_at: null,
};

/** One onboarding at each of these points: two that have no profile yet, and one of each status. */
export type StubPoint = "requested" | "requested-encrypted" | Exclude<ProfileStatus, "pending">;

/** Its ids, which say where it is: whoever answers about one needs no memory. */
export const stubIds = (point: StubPoint) => ({
  account_id: stubAccount,
  reference_id: `order-${point}`,
  profile_id: `profile-${point}`,
});

export const pointIn = (text: string): StubPoint =>
  (/(?:order|profile)-([a-z_-]+)/.exec(text)?.[1] ?? "capture_pending") as StubPoint;

/** Of a review the rules decide: the dearest that a policy may ask for. */
const rulesConfig = once(() => readStage("local").workflows["review-by-rules"]?.config_id ?? "");
const configOf = (point: StubPoint): string => (point === "review_required" ? rulesConfig() : "a-package");

export const stubRequest = (point: StubPoint): CreateRequest => ({
  reference_id: stubIds(point).reference_id,
  config: { id: configOf(point) },
  data: { name: { first_name: "Example", last_name: "Customer" }, dob: "1990-01-01" },
});

const at = Date.parse("2026-01-05T09:00:00.000Z");

/** What the table has of all of them, by `pk sk`: they are parked where they wait. */
export function stubItem(name: string): Record<string, unknown> | undefined {
  const point = pointIn(name);
  const ids = stubIds(point);
  const { profile_id, ...key } = ids;
  const config_id = configOf(point);
  const common = { ...key, config_id, execution: "execution-1", created_at: at };
  switch (name) {
    case `${profilePk(stubAccount, profile_id)} id`:
      return { reference_id: key.reference_id };
    case `${onboardingPk(key)} claim`:
      return {
        ...common,
        ...(!point.startsWith("requested") && { profile_id }),
        mode: point === "requested-encrypted" ? "encrypted" : "sync",
        attempt: 1,
        released: false,
        creates: 0,
        request_hash: requestHash(stubHashKey, stubRequest(point)),
      };
    case `${onboardingPk(key)} profile`:
      return {
        ...common,
        profile_id,
        encrypted: false,
        status: point.startsWith("requested") ? "pending" : point,
        signal: 3,
        wait: 1,
        rounds: 0,
        ...(!point.startsWith("requested") && {
          state: "OpenCapture",
          task_token: "t".repeat(700),
          waits_for: ["review_required", "recapture_pending", "completed"],
          parked_at: at,
          deadline_at: at + 365 * 86_400_000,
          dueAt: at + 900_000,
        }),
      };
    default:
      return undefined;
  }
}

/** What the index of due work has in one of its shards: a wait that is due. */
export function stubDue() {
  const pk = onboardingPk(stubIds("capture_pending"));
  return {
    pk,
    sk: "profile",
    dueAt: at + 900_000,
    config_id: "a-package",
    created_at: at,
    parked_at: at,
    deadline_at: at + 365 * 86_400_000,
    profile_id: stubIds("capture_pending").profile_id,
    state: "OpenCapture",
    status: "capture_pending",
  };
}
