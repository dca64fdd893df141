import type { OperatorAction } from "../../shared/profile/operations.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { Deployment } from "./deployment.ts";
import type { Faults } from "./faults.ts";
import type { Asked, Watch } from "./watch.ts";
import type { Random, World } from "./world.ts";

/** Marks why they act, which may name the customer: found anywhere but in the vault and before their eyes, it is a violation. */
export const REASON = "Zulu-Reason";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** What operators act on at random, whether it can be done or not. */
const actions = [
  "recheck",
  "resend-link",
  "remind",
  "recapture",
  "approve",
  "reject",
  "cancel",
  "purge",
  "restart",
] as const satisfies readonly OperatorAction[];

const recapture = {
  items: "all",
  recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
};

/**
 * People with our API and the console: they act at random, hold what they will release, and stop executions that they
 * will restart. What they owe they do also after the faults have stopped.
 */
export class Operators {
  /** Releases and restarts that are still to come. */
  owed = 0;
  /** Told of every onboarding whose execution they stop. */
  onStopped: (of: OnboardingKey) => void = () => {};
  readonly #world: World;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #deployed: Deployment;
  readonly #watch: Watch;
  readonly #hurried = new Set<string>();

  constructor(world: World, random: Random, faults: Faults, deployed: Deployment, watch: Watch) {
    this.#world = world;
    this.#random = random;
    this.#faults = faults;
    this.#deployed = deployed;
    this.#watch = watch;
  }

  /** Plans what they do up to `stop`. */
  begin(asked: readonly Asked[], stop: number): void {
    const sometimes = (times: number, what: () => void) => {
      for (let time = 0; time < times; time++)
        this.#world.after(this.#random.below(stop), () => {
          if (!this.#faults.stopped) what();
        });
    };
    if (this.#faults.has("operator-at-once"))
      sometimes(this.#random.between(1, 6), () => {
        this.#faults.count("operator-at-once");
        const action = this.#random.pick(actions);
        void this.#act(this.#random.pick(asked), action);
      });
    if (this.#faults.has("legal-hold"))
      sometimes(this.#random.between(1, 3), () => {
        this.#faults.count("legal-hold");
        this.act(this.#random.pick(asked), "hold");
      });
    if (this.#faults.has("legal-hold"))
      this.#deployed.onStep = (name, of) => name === "Purge" && this.#hurry(of);
    if (this.#faults.has("execution-aborted")) sometimes(this.#random.between(1, 3), () => this.#stopOne());
  }

  /** Does this one thing, and later what is owed for it. */
  act(of: OnboardingKey, action: OperatorAction): void {
    void this.#act(of, action);
    if (action === "hold") this.#owe(this.#random.between(MINUTE, 6 * DAY), of, "release");
  }

  /** Once of each onboarding, in the very moment in which it is purged, where it matters who is faster. */
  #hurry(of: Pick<Asked, "account_id" | "reference_id">): void {
    const key = JSON.stringify([of.account_id, of.reference_id]);
    if (this.#hurried.has(key)) return;
    this.#hurried.add(key);
    this.#faults.count("legal-hold");
    const action = this.#random.pick(["hold", "recheck"] as const);
    this.#world.after(this.#random.below(300), () => void this.#act(of, action));
    if (action === "hold") this.#owe(this.#random.between(MINUTE, DAY), of, "release");
  }

  #stopOne(): void {
    const { running } = this.#deployed.machine;
    if (running.length === 0) return;
    const execution = this.#random.pick(running);
    this.#faults.count("execution-aborted");
    const key = JSON.parse(execution.input) as Pick<Asked, "account_id" | "reference_id">;
    this.#deployed.machine.abort(execution);
    this.#watch.aborted(key);
    this.onStopped(key);
    this.#owe(this.#random.between(MINUTE, 2 * DAY), key, "restart");
  }

  #owe(afterMs: number, of: Pick<Asked, "account_id" | "reference_id">, action: "release" | "restart"): void {
    this.owed++;
    const insist = async () => {
      for (;;) {
        const answer = await this.#act(of, action);
        // Refused: it was never held, or somebody else was faster.
        if (answer && answer.status < 500) break;
        await this.#world.sleep(this.#random.between(MINUTE, 10 * MINUTE));
      }
      this.owed--;
    };
    this.#world.after(afterMs, () => void insist());
  }

  async #act(
    { account_id, reference_id }: Pick<Asked, "account_id" | "reference_id">,
    action: OperatorAction,
  ) {
    const more = action === "recapture" ? recapture : {};
    const body = { action, by: "ann@example.com", reason: `${REASON}: Jo called`, ticket: "OPS-1", ...more };
    const answer = await this.#deployed.call("actOnOnboarding", { account_id, id: reference_id, body });
    if (action === "purge") this.#watch.operated("purgeProfile", { account_id, reference_id }, answer);
    return answer;
  }
}
