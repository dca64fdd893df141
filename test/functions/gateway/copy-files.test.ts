import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { copyFiles, type FileEntry } from "../../../functions/gateway/copy-files.ts";
import type { FetchFile } from "../../../functions/gateway/gateways.ts";
import type { FullProfile, Resource } from "../../../shared/gateway/profile.ts";
import { MemoryVault } from "../../shared/store/memory-vault.ts";

const key = { account_id: "acme/1", reference_id: "order-7" };
const MIB = 1024 * 1024;

const resource = (ref_id: string, value: Resource["value"]): Resource => ({
  ref_id,
  type: null,
  attr: null,
  source: 1,
  value,
  tags: null,
  metadata: {},
});
const resultOf = (resources: Partial<FullProfile["resources"]>): Pick<FullProfile, "resources"> => ({
  resources: { documents: [], images: [], videos: [], text: [], ...resources },
});
const images = (count: number) =>
  resultOf({ images: Array.from({ length: count }, (_, index) => resource(`i.${index}`, `url ${index}`)) });
const words = (entries: FileEntry[]) =>
  entries.map((entry) => ("not_copied" in entry ? entry.not_copied : entry.object));

/** Everything that copying works with; each file is its own URL, in bytes. */
function copying(
  change: { fetchFile?: FetchFile; refetch?: () => Promise<Pick<FullProfile, "resources">> } = {},
) {
  const clock = { now: 1_000 };
  const vault = new MemoryVault();
  const asked: { account_id: string; url: string; maxBytes: number; timeoutMs: number; left: number }[] = [];
  const refetched = { times: 0 };
  const deps = {
    vault,
    fetchFile: (async (account_id, url, limits) => {
      asked.push({ account_id, url, ...limits, left: limits.total.left });
      return change.fetchFile
        ? change.fetchFile(account_id, url, limits)
        : { bytes: Buffer.from(url), content_type: "image/png" };
    }) satisfies FetchFile,
    now: () => clock.now,
    refetch: async () => {
      refetched.times++;
      if (!change.refetch) throw new Error("nobody should have asked again");
      return change.refetch();
    },
  };
  return { clock, vault, asked, refetched, deps, until: clock.now + 40_000 };
}

test("every file has an object of its own and a line, in the result's order", async () => {
  const { deps, vault, until } = copying();
  const result = resultOf({
    documents: [resource("d.1", "url of d")],
    images: [resource("i.1", "url of i")],
    videos: [resource("v.1", "url of v"), resource("v.1", "url of another v")],
    text: [resource("t.1", "https://example.com/a-text")],
  });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const copied = { content_type: "image/png" };
  expect(await copyFiles(key, result, until, deps)).toEqual([
    {
      ref_id: "d.1",
      collection: "documents",
      object: "files/1",
      bytes: 8,
      sha256: sha256("url of d"),
      ...copied,
    },
    {
      ref_id: "i.1",
      collection: "images",
      object: "files/2",
      bytes: 8,
      sha256: sha256("url of i"),
      ...copied,
    },
    {
      ref_id: "v.1",
      collection: "videos",
      object: "files/3",
      bytes: 8,
      sha256: sha256("url of v"),
      ...copied,
    },
    {
      ref_id: "v.1",
      collection: "videos",
      object: "files/4",
      bytes: 16,
      sha256: sha256("url of another v"),
      ...copied,
    },
  ]);
  expect(Buffer.from((await vault.getFile(key, "files/4")) ?? []).toString()).toBe("url of another v");
  expect(vault.objects.size).toBe(4);
});

test("what was not copied has the word for it, and the rest is copied", async () => {
  const { deps, until } = copying({
    fetchFile: async (_account, url) =>
      url === "bad" ? "host-not-allowed" : { bytes: Buffer.from("file"), content_type: null },
  });
  const result = resultOf({
    images: [resource("i.1", "bad"), resource("i.2", { first_name: "Example" }), resource("i.3", "good")],
  });
  expect(await copyFiles(key, result, until, deps)).toMatchObject([
    { ref_id: "i.1", not_copied: "host-not-allowed" },
    { ref_id: "i.2", not_copied: "no-url" },
    { ref_id: "i.3", object: "files/3", bytes: 4, content_type: null },
  ]);
});

test("a result without files has none", async () => {
  const { deps, until } = copying();
  expect(await copyFiles(key, images(0), until, deps)).toEqual([]);
});

describe("limits", () => {
  test("fifty files, each of 10 MiB and ten seconds, together of 40 MiB", async () => {
    const { deps, asked, until } = copying({
      fetchFile: async (_account, _url, { total }) => {
        total.left -= MIB;
        return { bytes: Buffer.alloc(1), content_type: null };
      },
    });
    const found = words(await copyFiles(key, images(52), until, deps));
    expect(found.slice(49)).toEqual(["files/50", "too-many", "too-many"]);
    expect(asked).toHaveLength(50);
    for (const { account_id, maxBytes, timeoutMs } of asked)
      expect({ account_id, maxBytes, timeoutMs }).toEqual({
        account_id: "acme/1",
        maxBytes: 10 * MIB,
        timeoutMs: 10_000,
      });
    // One allowance for all of them, counted down as they come.
    expect(asked[0]?.left).toBe(40 * MIB);
    expect(asked.at(-1)?.left).toBeLessThan(40 * MIB);
  });

  test("no more than four at once", async () => {
    let [open, most] = [0, 0];
    const { deps, until } = copying({
      fetchFile: async () => {
        most = Math.max(most, ++open);
        await setImmediate();
        open--;
        return "missing";
      },
    });
    await copyFiles(key, images(20), until, deps);
    expect(most).toBe(4);
  });

  test("what is left of the time, and nothing is begun after it", async () => {
    const world = copying({
      fetchFile: async (_account, _url, { timeoutMs }) => {
        world.clock.now += timeoutMs;
        return "too-slow";
      },
    });
    const { deps, asked, until } = world;
    const found = words(await copyFiles(key, images(9), until - 5_000, deps));
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 10_000, 10_000, 5_000]);
    expect(found).toEqual([...Array(4).fill("too-slow"), ...Array(5).fill("out-of-time")]);
  });
});

describe("URLs that have expired", () => {
  const stale: FetchFile = async (_account, url) =>
    url.startsWith("old") ? "expired" : { bytes: Buffer.from(url), content_type: null };
  const old = resultOf({
    images: [resource("i.1", "old i")],
    videos: [resource("v.1", "fresh already"), resource("v.1", "old v"), resource("v.2", "old and gone")],
  });

  test("are asked for once more, and each file gets its own fresh one", async () => {
    const { deps, vault, refetched, until } = copying({
      fetchFile: stale,
      refetch: async () =>
        resultOf({
          images: [resource("i.0", "another"), resource("i.1", "new i")],
          videos: [resource("v.1", "not this one"), resource("v.1", "new v")],
        }),
    });
    expect(words(await copyFiles(key, old, until, deps))).toEqual([
      "files/1",
      "files/2",
      "files/3",
      "expired",
    ]);
    expect(refetched.times).toBe(1);
    expect([...vault.objects.values()].map((text) => Buffer.from(text, "base64").toString()).sort()).toEqual([
      "fresh already",
      "new i",
      "new v",
    ]);
  });

  test("that are no better the second time are left alone", async () => {
    const { deps, refetched, asked, until } = copying({ fetchFile: stale, refetch: async () => old });
    expect(words(await copyFiles(key, old, until, deps))).toEqual([
      "expired",
      "files/2",
      "expired",
      "expired",
    ]);
    expect(refetched.times).toBe(1);
    expect(asked).toHaveLength(7);
  });

  test("stay expired when the gateway gives no fresh ones", async () => {
    const { deps, until } = copying({
      fetchFile: stale,
      refetch: async () => {
        throw new Error("the gateway answered 503");
      },
    });
    expect(words(await copyFiles(key, old, until, deps))).toEqual([
      "expired",
      "files/2",
      "expired",
      "expired",
    ]);
  });

  test("are not asked for when the gateway's answer might come too late", async () => {
    const { deps, refetched, clock } = copying({ fetchFile: stale, refetch: async () => old });
    await copyFiles(key, old, clock.now + 19_999, deps);
    expect(refetched.times).toBe(0);
  });
});

test("a vault that fails is a fault, once no copy is under way any more and none will be begun", async () => {
  const { deps, asked, until } = copying();
  const open = new Set<string>();
  const putFile = async (_key: unknown, name: string) => {
    open.add(name);
    await setImmediate();
    if (name === "files/1") {
      open.delete(name);
      throw new Error("slow down");
    }
    await setImmediate();
    await setImmediate();
    open.delete(name);
  };
  await expect(copyFiles(key, images(50), until, { ...deps, vault: { putFile } })).rejects.toThrow(
    "slow down",
  );
  expect(open.size).toBe(0);
  const begun = asked.length;
  expect(begun).toBeLessThan(10);
  await setImmediate();
  expect(asked).toHaveLength(begun);
});
