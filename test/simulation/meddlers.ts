import type { Wait } from "../../shared/profile/next.ts";
import { type OnboardingKey, parseOnboardingPk } from "../../shared/store/keys.ts";
import { type Deed, deeds, type Scene } from "./deeds.ts";
import type { Place } from "./pairs.ts";
import type { Asked } from "./watch.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** So much at most in a run: what somebody does has its effects, which call for the next. */
const MAX_DEEDS = 60;

/**
 * How much arrives where an onboarding comes to a place, and how much is done beside that at the gateway, in percent: the
 * rarer it comes there, the more.
 */
const percents: Record<Place, { arrives: number; beside?: number }> = {
  "no profile": { arrives: 100, beside: 20 },
  "OpenCapture works": { arrives: 40 },
  "OpenCapture waits": { arrives: 60, beside: 10 },
  "Review works": { arrives: 200 },
  "Review waits": { arrives: 500, beside: 160 },
  "Recapture works": { arrives: 250 },
  "Recapture waits": { arrives: 300, beside: 50 },
  "Attention works": { arrives: 120 },
  "Attention waits": { arrives: 120, beside: 10 },
  "Close works": { arrives: 120 },
  "Retain works": { arrives: 80 },
  "Retain waits": { arrives: 60, beside: 60 },
  "Purge works": { arrives: 50 },
  stopped: { arrives: 300 },
  over: { arrives: 60 },
};

/** Each as often as it is said. */
const weighted = (weights: Partial<Record<Deed, number>>): readonly Deed[] =>
  (Object.entries(weights) as [Deed, number][]).flatMap(([deed, weight]) => Array(weight).fill(deed));

const anything = weighted({ webhook: 3, operator: 2, caller: 2, again: 1, turns: 1 });
const arriving = weighted({ webhook: 4, operator: 3, caller: 3, again: 1 });
const moving = weighted({ caller: 3, turns: 1, elsewhere: 1 });
const besides = weighted({ unseen: 1, turn: 1, left: 1 });
/** A review ends with the next turn: only what is not seen of several leaves something to be found. */
const besidesReview = weighted({ unseen: 1 });

/**
 * Everybody who may do something at any moment, and does: senders of webhooks, operators, callers, people at the gateway.
 * They act at random, and in the very moments in which an onboarding comes to a place.
 */
export class Meddlers {
  readonly #scene: Scene;
  readonly #asked: readonly Asked[];
  /** Where something arrives in this run: what is left alone in one place comes to the others. */
  readonly #places: ReadonlySet<Place>;
  #done = 0;

  constructor(scene: Scene, asked: readonly Asked[]) {
    this.#scene = scene;
    this.#asked = asked;
    this.#places = new Set((Object.keys(percents) as Place[]).filter(() => scene.random.chance(50)));
  }

  begin(stop: number): void {
    const { world, random, deployed, provider, operators } = this.#scene;
    for (let time = random.between(3, 10); time > 0; time--)
      world.after(random.below(stop), () => this.#do(random.pick(this.#asked), anything));
    const soon = (longest: readonly number[]) => () => random.below(random.pick(longest));

    const { onStep, onTableChange } = deployed;
    deployed.onStep = (name, of) => {
      onStep(name, of);
      this.#comesTo(`${name} works`, of, soon([80]));
    };
    deployed.onTableChange = (change) => {
      onTableChange(change);
      const { pk, sk, last_write, state, purged_at } = change.image;
      const of = sk === "profile" && parseOnboardingPk(String(pk));
      if (!of) return;
      const after = soon([SECOND, MINUTE, 10 * MINUTE]);
      if (last_write === "park") this.#comesTo(`${state as Wait} waits`, of, after);
      if (purged_at !== undefined) this.#comesTo("over", of, after);
    };
    const { onProfile } = provider;
    provider.onProfile = (profile) => {
      onProfile(profile);
      // Between the gateway's profile and our record of it lie a few requests.
      if (profile.version === 1) this.#comesTo("no profile", profile, soon([30]));
      this.#perhaps(20, profile, soon([100, 5 * SECOND, 10 * MINUTE]), moving);
    };
    operators.onStopped = (of) => this.#comesTo("stopped", of, soon([HOUR]));
  }

  /** From now on nobody begins anything. */
  end(): void {
    this.#done = MAX_DEEDS;
  }

  #comesTo(place: Place, of: OnboardingKey, after: () => number): void {
    const { arrives, beside = 0 } = percents[place];
    this.#perhaps(beside, of, after, place === "Review waits" ? besidesReview : besides);
    if (this.#places.has(place)) this.#perhaps(arrives, of, after, arriving);
  }

  #perhaps(percent: number, of: OnboardingKey, after: () => number, among: readonly Deed[]): void {
    const { world, random } = this.#scene;
    const request = this.#asked.find(
      ({ account_id, reference_id }) => account_id === of.account_id && reference_id === of.reference_id,
    );
    for (let left = percent; left > 0; left -= 100)
      if (request && random.chance(Math.min(100, left))) world.after(after(), () => this.#do(request, among));
  }

  #do(request: Asked, among: readonly Deed[]): void {
    if (this.#done >= MAX_DEEDS) return;
    this.#done++;
    void deeds[this.#scene.random.pick(among)](request, this.#scene);
  }
}
