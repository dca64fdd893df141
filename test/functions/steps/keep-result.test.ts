import { describe, expect, test } from "vitest";
import type { FetchFile } from "../../../functions/gateway/gateways.ts";
import { purge } from "../../../functions/steps/purge.ts";
import { retain } from "../../../functions/steps/retain.ts";
import { successes } from "../../../shared/gateway/answers.ts";
import type { FullProfile } from "../../../shared/gateway/profile.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  type Answers,
  fullProfile,
  ids,
  key,
  onboardingInMemory,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const URL = "https://files.example.com/f?key=very-secret";
const withImage = (status = "completed"): FullProfile => {
  const profile = fullProfile(status, "approved");
  const image = { ref_id: "i", type: null, attr: null, source: 1, value: URL, tags: null, metadata: {} };
  return { ...profile, resources: { ...profile.resources, images: [image] } };
};

async function completing(answers: Answers, fetchFile: FetchFile, mode: "async" | "encrypted" = "async") {
  const world = onboardingInMemory(answers);
  await world.created(mode);
  const logged: string[] = [];
  const write = (...line: unknown[]) => {
    logged.push(JSON.stringify(line));
  };
  const deps = { ...world.deps, fetchFile, log: { info: write, warn: write, error: write } };
  return { ...world, deps, logged };
}
const completed = { ...state, next: "complete" } as const;
const copies: FetchFile = async () => ({ bytes: Buffer.from("pixels"), content_type: "image/png" });
const plain: Answers = { fetchProfile: () => ({ status: 200, body: withImage() }) };

describe("a completed profile", () => {
  test("has its files in the vault, beside the result and what says which is which", async () => {
    const { deps, vault, told } = await completing(plain, copies);
    expect(await retain.run(completed, deps, "token")).toBeNull();
    expect(await vault.get(key, "result")).toEqual(withImage());
    expect(await vault.get(key, "files")).toMatchObject({
      files: [{ ref_id: "i", collection: "images", object: "files/1", bytes: 6, content_type: "image/png" }],
    });
    expect(await vault.getFile(key, "files/1")).toEqual(Uint8Array.from(Buffer.from("pixels")));
    expect(told().types).toEqual(["OnboardingCompleted"]);
  });

  test("whose files may not be fetched is completed all the same, and the vault says why", async () => {
    const { deps, vault, told } = await completing(plain, async () => "host-not-allowed");
    expect(await retain.run(completed, deps, "token")).toBeNull();
    expect(await vault.get(key, "files")).toEqual({
      files: [{ ref_id: "i", collection: "images", not_copied: "host-not-allowed" }],
    });
    expect(told().types).toEqual(["OnboardingCompleted"]);
  });

  test("that came encrypted has its URLs decrypted and its files copied the same way", async () => {
    const asked: string[] = [];
    const world = await completing(
      {
        fetchProfile: () => statusAnswer("completed", "approved"),
        fetchProfileEncrypted: async () => {
          const { profile_data, resources, tasks, ...clear } = withImage();
          return {
            status: 200,
            body: {
              ...clear,
              encrypted_profile_data: await world.cipher.encrypt(profile_data),
              encrypted_resources: await world.cipher.encrypt(resources),
              encrypted_tasks: await world.cipher.encrypt(tasks),
            },
          };
        },
      },
      async (_account, url) => {
        asked.push(url);
        return { bytes: Buffer.from("pixels"), content_type: "image/png" };
      },
      "encrypted",
    );
    await retain.run(completed, world.deps, "token");
    expect(asked).toEqual([URL]);
    expect(await world.vault.get(key, "files")).toMatchObject({ files: [{ object: "files/1" }] });
  });

  test("is fetched once more when its URLs have expired", async () => {
    let looks = 0;
    const fresh = { ...withImage(), resources: { ...withImage().resources } };
    fresh.resources.images = fresh.resources.images.map((image) => ({
      ...image,
      value: "https://fresh.example.com/f",
    }));
    const { deps, vault, asked } = await completing(
      {
        fetchProfile: ({ status_only }) =>
          status_only
            ? statusAnswer("completed", "approved")
            : { status: 200, body: looks++ === 0 ? withImage() : fresh },
      },
      async (account, url, limits) => (url === URL ? "expired" : copies(account, url, limits)),
    );
    await retain.run(completed, deps, "token");
    expect(asked).toEqual(["fetchStatus", "fetchProfile", "fetchProfile"]);
    expect(await vault.get(key, "files")).toMatchObject({ files: [{ object: "files/1" }] });
  });

  test("leaves no URL and no content in the log or in an event", async () => {
    const { deps, logged, published } = await completing(plain, copies);
    await retain.run(completed, deps, "token");
    expect(logged).toHaveLength(2);
    expect(logged.join() + JSON.stringify(published)).not.toMatch(/very-secret|files\.example|pixels/);
    expect(logged[0]).toContain(`"kind":"copied","count":1`);
  });

  test("whose result took long has the less time for its files, and still comes to its end", async () => {
    const given: number[] = [];
    const world = await completing(
      {
        fetchProfile: ({ status_only }) => {
          if (!status_only) world.clock.now += 41_000;
          return { status: 200, body: withImage() };
        },
      },
      async (_account, _url, { timeoutMs }) => {
        given.push(timeoutMs);
        return "too-slow";
      },
    );
    expect(await retain.run(completed, world.deps, "token")).toBeNull();
    expect(given).toEqual([4_000]);
  });

  test("is erased with all its files", async () => {
    const { deps, vault } = await completing({ ...plain, purgeProfile: () => successes.purged(ids) }, copies);
    await retain.run(completed, deps, "token");
    // The request, the result, its file, and what says so.
    expect(vault.objects.size).toBe(4);
    await purge.run(state, deps, "");
    expect(vault.objects.size).toBe(0);
  });
});

test("of a profile that somebody purged there is no file to copy", async () => {
  const { deps, vault } = await completing(
    { fetchProfile: () => ({ status: 200, body: withImage("purged") }) },
    async () => {
      throw new Error("nobody should have asked for a file");
    },
  );
  await retain.run(completed, deps, "token");
  expect(await vault.get(key, "files")).toBeNull();
});

describe("Retain of a completed profile", () => {
  const look: Answers = { ...plain, purgeProfile: () => successes.purged(ids) };

  test("writes down how it ended together with the wait that follows", async () => {
    const { deps, record, table } = await completing(look, copies);
    let writes = 0;
    table.onChange = ({ image }) => void (image["sk"] === "profile" && writes++);
    await retain.run(completed, deps, "token");
    expect(await record()).toMatchObject({
      state: "Retain",
      status: "completed",
      reviewer_action: "approved",
      outcome: "completed",
      retain_until: START + 30 * 86_400_000,
      task_token: "token",
    });
    expect(writes).toBe(1);
  });

  test("keeps and announces once where a signal makes it look again", async () => {
    const { deps, records, asked, told } = await completing(look, copies);
    const { put } = deps.vault;
    const vault = {
      ...deps.vault,
      put: async (...input: Parameters<typeof put>) => {
        if (input[1] === "result") await records.signal(key);
        return put(...input);
      },
    };
    expect(await retain.run(completed, { ...deps, vault }, "token")).toBeNull();
    expect(asked).toEqual(["fetchStatus", "fetchProfile", "fetchStatus"]);
    expect(told().types).toEqual(["OnboardingCompleted"]);
  });

  test("that somebody purged goes on to its purge with its end written down", async () => {
    const { deps, record } = await completing(
      { fetchProfile: () => ({ status: 200, body: withImage("purged") }) },
      copies,
    );
    expect(await retain.run(completed, deps, "token")).toMatchObject({ next: "purge" });
    expect(await record()).toMatchObject({ status: "purged", outcome: "completed", task_token: null });
  });

  test("fetches nothing where the end was said before", async () => {
    const { deps, records, asked, told } = await completing(look, copies);
    await settle(records, key, { outcome: "rejected" });
    expect(await retain.run({ ...state, next: "retain" }, deps, "token")).toBeNull();
    expect(asked).toEqual(["fetchStatus"]);
    expect(told().types).toEqual([]);
  });

  test("whose result has no files has no object that says which is which", async () => {
    const { deps, vault } = await completing(
      { fetchProfile: () => ({ status: 200, body: fullProfile("completed", "approved") }) },
      copies,
    );
    await retain.run(completed, deps, "token");
    expect(await vault.get(key, "result")).not.toBeNull();
    expect(await vault.get(key, "files")).toBeNull();
  });
});
