import { encryptCreate } from "../../shared/gateway/encryption.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { gatewayEvents, type Happening } from "../../shared/profile/lifecycle.ts";
import { operatorActions } from "../../shared/profile/operations.ts";
import { profileStatuses } from "../../shared/profile/status.ts";
import { selfieRecapture } from "../functions/sandbox/virtual-sandbox.ts";
import type { ActionName, Deployment } from "./deployment.ts";
import type { Faults } from "./faults.ts";
import { type Actable, acts } from "./happenings.ts";
import type { Operators } from "./operators.ts";
import { type Provider, pretendCipher } from "./provider.ts";
import type { Asked, Watch } from "./watch.ts";
import type { Random, World } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What a request for an onboarding carries by this way in. */
export const bodyFor = async (way: Asked["way"], { account_id, body }: Asked): Promise<unknown> =>
  way === "createProfileEncrypted" ? encryptCreate(body, pretendCipher(account_id)) : body;

/** A slot within the hour, which nobody booked and to which nobody comes. */
export function forgedSlot(now: number, random: Random) {
  const start = now + random.between(1, 60) * MINUTE;
  const [scheduled_at, start_time, end_time] = [now, start, start + 15 * MINUTE].map((at) =>
    new Date(at).toISOString(),
  );
  return { action: "scheduled", scheduled_at, start_time, end_time };
}

/** What a caller may ask about a profile or its onboarding, with the bodies that this takes. */
const requests = {
  fetchProfile: () => undefined,
  fetchProfileEncrypted: () => undefined,
  fetchCaptureLink: () => undefined,
  fetchRecaptureConfig: () => undefined,
  cancelProfile: () => undefined,
  completeProfile: (_, random) => ({ status: random.pick(["approved", "rejected"]) }),
  submitRecapture: () => selfieRecapture,
  purgeProfile: () => undefined,
  cancelAppointment: ({ reference_id }) => ({ reference_id }),
  updateProfileConfig: (_, random) => ({
    config: { overrides: { video_kyc_priority: random.between(1, 2) } },
  }),
  fetchOnboarding: () => undefined,
  fetchDecision: () => undefined,
} satisfies Partial<Record<ActionName, (request: Asked, random: Random) => unknown>>;
const requestNames = Object.keys(requests) as (keyof typeof requests)[];
const changes = ["cancelProfile", "completeProfile", "submitRecapture", "purgeProfile"] as const;

const slots = [
  "profile-status",
  "profile-status",
  "profile-status",
  "capture-session",
  "scheduling",
  "profile-creation",
];

/** Who and what there is to meddle with. */
export interface Scene {
  world: World;
  random: Random;
  faults: Faults;
  deployed: Deployment;
  provider: Provider;
  operators: Operators;
  watch: Watch;
}

/** Everything that somebody may do about an onboarding, whether it can be done or not. */
export const deeds = {
  /** A webhook tells of anything at all. */
  async webhook(request, { world, random, faults, deployed, ...scene }) {
    faults.count("webhook-forged");
    const slot = random.pick(slots);
    const more: Record<string, () => object> = {
      "profile-status": () => random.pick([{}, { tasks: [] }, { encrypted_profile_data: "" }]),
      "capture-session": () => ({ session_status: random.pick(["complete", "incomplete"]), reason: "" }),
      scheduling: () => ({
        scheduling_details: {
          ...forgedSlot(world.now, random),
          action: random.pick(["scheduled", "rescheduled", "cancelled"]),
        },
      }),
    };
    const body = {
      profile_id: idOf(request, scene),
      reference_id: request.reference_id,
      status: random.pick([...profileStatuses, "nonsense"]),
      status_detail: null,
      ...more[slot]?.(),
    };
    await deployed.webhook(request.account_id, slot, JSON.stringify(body));
  },

  async operator(request, { random, faults, operators }) {
    faults.count("operator-at-once");
    operators.act(request, random.pick(operatorActions));
  },

  async caller(request, { random, faults, deployed, ...scene }) {
    faults.count("operator-at-once");
    const name = random.pick(requestNames);
    const byReference = name === "fetchOnboarding" || name === "fetchDecision";
    const answer = await deployed.call(name, {
      account_id: request.account_id,
      id: byReference ? request.reference_id : idOf(request, scene),
      query: {},
      body: requests[name](request, random),
    });
    scene.watch.operated(name, request, answer);
    if (name === "fetchOnboarding") scene.watch.shown(request, answer);
  },

  /** The same request once more. */
  async again(request, { random, faults, deployed, watch }) {
    faults.count("start-repeated");
    const { account_id, body, ways } = request;
    const way = random.pick(ways);
    if (way === "queue") return deployed.intake(account_id, body);
    watch.answered(request, way, await deployed.call(way, { account_id, body: await bodyFor(way, request) }));
  },

  /** A caller asks the gateway itself, and we hear of it by webhooks at most. */
  async elsewhere(request, { random, provider, watch }) {
    const { account_id } = request;
    const name = random.pick(changes);
    const { method, path } = endpoints[name];
    const body = requests[name](request, random);
    watch.operated(name, request, null);
    await provider.answer(
      account_id,
      provider.keys.get(account_id) ?? "",
      method,
      path.replace("{id}", idOf(request, { provider, watch })),
      {},
      body === undefined ? "" : JSON.stringify(body),
      name,
    );
  },

  /** Some turns at the gateway, one soon after the other: we may see the last of them only. */
  turns: (request, scene) => {
    const { random } = scene;
    return play(request, scene, random.between(1, 4), random.pick([50, SECOND, MINUTE]));
  },
  turn: (request, scene) => play(request, scene, 1),

  /** The machines and people of the script do nothing more. */
  async left(request, { faults, provider, watch }) {
    if (faults.stopped) return;
    faults.count("gateway-stalls");
    provider.abandoned.add(idOf(request, { provider, watch }));
  },

  /** While the gateway does not answer us, it goes on there, until perhaps nobody goes on with it. */
  async unseen(request, scene) {
    const { world, random, faults, provider, watch } = scene;
    if (faults.stopped) return;
    faults.count("gateway-down");
    const from = random.chance(70) ? (watch.deadlineOf(request) ?? 0) : world.now;
    const until = from + random.between(HOUR, 20 * HOUR);
    provider.outages.set(request.account_id, { until, tellsStatus: random.chance(50) });
    if (random.chance(75)) provider.abandoned.add(idOf(request, scene));
    await play(request, scene, random.between(1, 4), HOUR, (to) => to !== "completed");
  },
} satisfies Record<string, (request: Asked, scene: Scene) => Promise<void>>;
export type Deed = keyof typeof deeds;

/** What the gateway calls it, whether we know that or not; something that it does not know, where there is nothing. */
function idOf(
  { account_id, reference_id }: Asked,
  { provider, watch }: Pick<Scene, "provider" | "watch">,
): string {
  return (
    watch.profileOf(account_id, reference_id) ??
    provider.store.references.get(JSON.stringify([account_id, reference_id])) ??
    "00000000-0000-4000-8000-000000000999"
  );
}

/** Turns of whoever may have one in the profile's status, with pauses in between; of those that lead where it `may` go. */
async function play(
  request: Asked,
  scene: Scene,
  turns: number,
  pauseMs = 1,
  may: (to: Happening["to"]) => boolean = () => true,
): Promise<void> {
  const { world, random, provider } = scene;
  for (let turn = 0; turn < turns; turn++) {
    const id = idOf(request, scene);
    const status = provider.store.profiles.get(id)?.state.status;
    const possible = (Object.keys(acts) as Actable[]).filter((act) => {
      const { allowed, to }: Happening = gatewayEvents[act];
      return status && allowed.includes(status) && may(to);
    });
    if (possible.length === 0) await deeds.elsewhere(request, scene);
    else await provider.act(random.pick(possible), id);
    await world.sleep(random.below(pauseMs));
  }
}
