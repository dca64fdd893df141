import { handle } from "../../functions/sandbox/gateway.ts";
import type { HttpAnswer } from "../../functions/sandbox/http.ts";
import type { Provider } from "./provider.ts";
import type { World } from "./world.ts";

const ORIGIN = "https://capture.example.com";
/** People take their time over each form. */
const PAUSE_MS = 1_000;

/** A customer at the capture page and a reviewer at the desk, by the forms that their browsers would send. */
export class ByHand {
  readonly #world: World;
  readonly #provider: Provider;
  readonly #accountId: string;
  #cookie: string | undefined;

  constructor(world: World, provider: Provider, accountId: string) {
    this.#world = world;
    this.#provider = provider;
    this.#accountId = accountId;
  }

  /** Everything is captured, the selfie is sent back once and captured again, then the profile is approved. */
  async act(profileId: string): Promise<void> {
    await this.#capture(profileId);
    const key = this.#provider.keys.get(this.#accountId) ?? "";
    await this.#send("/desk/sign-in", { account: this.#accountId, key, reviewer: "reviewer@example.com" });
    await this.#decide(profileId, {
      act: "recapture",
      resource: "nil.selfie.nil.1.nil",
      reason: "Incorrect selfie",
    });
    await this.#capture(profileId);
    await this.#decide(profileId, { act: "approve" });
  }

  async #capture(profileId: string): Promise<void> {
    const { link } = (await this.#provider.store.read(profileId)) ?? {};
    const path = `/captures?t=${link?.token}`;
    const { body } = await this.#ask("GET", path);
    const items = new Set([...body.matchAll(/name="item" value="([^"]+)"/g)].map(([, item = ""]) => item));
    for (const item of items) await this.#send(path, { act: "sample", item });
    await this.#send(path, { act: "finish" });
  }

  /** Presses a button of the profile's page, as soon as the page has it. */
  async #decide(profileId: string, fields: Record<string, string> & { act: string }): Promise<void> {
    const path = `/desk/profiles/${profileId}`;
    for (;;) {
      const { body } = await this.#ask("GET", path);
      const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(body) ?? [];
      if (body.includes(`value="${fields.act}"`)) return this.#send(path, { ...fields, csrf });
      await this.#world.sleep(PAUSE_MS);
    }
  }

  async #send(path: string, fields: Record<string, string>): Promise<void> {
    await this.#world.sleep(PAUSE_MS);
    const { status, cookies } = await this.#ask("POST", path, new URLSearchParams(fields).toString());
    if (status !== 303) throw new Error(`a form of the sandbox answered ${status}`);
    this.#cookie = cookies?.[0]?.split(";")[0] ?? this.#cookie;
  }

  #ask(method: string, target: string, body = ""): Promise<HttpAnswer> {
    const { pathname, searchParams } = new URL(target, ORIGIN);
    return handle(this.#provider.sandbox, {
      method,
      path: pathname,
      query: searchParams,
      apiKey: undefined,
      accountId: undefined,
      body,
      bytes: Buffer.from(body),
      contentType: body ? "application/x-www-form-urlencoded" : undefined,
      cookie: this.#cookie,
      site: "same-origin",
      origin: ORIGIN,
    });
  }
}
