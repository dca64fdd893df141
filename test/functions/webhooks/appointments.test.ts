import { beforeEach, describe, expect, test } from "vitest";
import { type IngestDeps, ingest } from "../../../functions/webhooks/ingest.ts";
import type { EventType } from "../../../shared/events/published.ts";
import { profilePk } from "../../../shared/store/keys.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { recordedMetrics } from "../metrics/recorded-metrics.ts";

const key = { account_id: "acme/1", reference_id: "order-7" };
const profile_id = "00000000-0000-4000-8000-000000000007";
const NOW = Date.parse("2026-01-05T09:00:00.000Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const details = (action: string, booked: number, start: number) => ({
  action,
  scheduled_at: at(booked),
  start_time: at(start),
  end_time: at(start + 15),
});

describe("a scheduling webhook (W5)", () => {
  let table: MemoryTable;
  let published: { type: EventType; detail: Record<string, unknown> }[];
  let deps: IngestDeps;

  beforeEach(async () => {
    table = new MemoryTable();
    published = [];
    deps = {
      records: recordsOver(table),
      publish: async (type, detail) => {
        published.push({ type, detail });
      },
      ownerOf: async (_slot, token) => (token === "token" ? key.account_id : null),
      now: () => NOW,
      log: { info() {}, warn() {}, error() {} },
      metrics: recordedMetrics(),
    };
    await table.put({ pk: profilePk(key.account_id, profile_id), sk: "id", reference_id: key.reference_id });
    const made = {
      config_id: "c",
      execution: "e-1",
      created_at: NOW,
      status: "pending",
      encrypted: false,
    } as const;
    await deps.records.create({ ...key, profile_id, ...made });
  });

  const receive = (scheduling_details: unknown) =>
    ingest(
      "scheduling",
      "token",
      Buffer.from(JSON.stringify({ profile_id, reference_id: key.reference_id, scheduling_details })),
      deps,
    );
  const slotKept = async () => (await deps.records.find(key))?.appointment;
  const slot = (booked: number, start: number) => ({
    scheduled_at: Date.parse(at(booked)),
    start_at: Date.parse(at(start)),
    end_at: Date.parse(at(start + 15)),
  });

  test("is kept on the record, announced with the slot, and raises the signal", async () => {
    expect((await receive(details("scheduled", 0, 60))).status).toBe(200);
    expect(await slotKept()).toEqual(slot(0, 60));
    expect(published).toMatchObject([
      {
        type: "AppointmentScheduled",
        detail: { ...key, profile_id, appointment: details("scheduled", 0, 60) },
      },
    ]);
    expect((await deps.records.find(key))?.signal).toBe(1);
    expect(await deps.records.history(key, profile_id)).toMatchObject([
      { kind: "W5", by: "webhook", detail: { start_time: at(60) } },
      { kind: "AppointmentScheduled" },
    ]);
  });

  test("twice is announced once", async () => {
    await receive(details("scheduled", 0, 60));
    await receive(details("scheduled", 0, 60));
    expect(published).toHaveLength(1);
    expect((await deps.records.find(key))?.signal).toBe(2);
  });

  test("late does not bring an older slot back, in either order the later booking stays", async () => {
    await receive(details("rescheduled", 5, 90));
    await receive(details("scheduled", 0, 60));
    expect(await slotKept()).toEqual(slot(5, 90));
  });

  test("of a cancellation takes the slot away, and not one that was booked later", async () => {
    await receive(details("scheduled", 0, 60));
    await receive(details("cancelled", 0, 60));
    expect(await slotKept()).toBeNull();
    await receive(details("scheduled", 5, 90));
    await receive({ ...details("cancelled", 0, 60), end_time: at(76) });
    expect(await slotKept()).toEqual(slot(5, 90));
  });

  test("that failed on the way is announced when it comes again", async () => {
    const { publish } = deps;
    deps.publish = async () => {
      throw new Error("the bus is down");
    };
    await expect(receive(details("scheduled", 0, 60))).rejects.toThrow("the bus is down");
    deps.publish = publish;
    await receive(details("scheduled", 0, 60));
    expect(published).toHaveLength(1);
  });

  test.each([
    ["no details", undefined],
    ["a time that is none", { ...details("scheduled", 0, 60), start_time: "tomorrow" }],
    ["an unknown action", details("frobnicated", 0, 60)],
    ["a string", "scheduled"],
  ])("with %s is taken as a plain signal", async (_, scheduling_details) => {
    expect((await receive(scheduling_details)).status).toBe(200);
    expect(await slotKept()).toBeNull();
    expect(published).toEqual([]);
    expect((await deps.records.find(key))?.signal).toBe(1);
  });

  test("of another slot's URL keeps nothing", async () => {
    const body = Buffer.from(JSON.stringify({ profile_id, scheduling_details: details("scheduled", 0, 60) }));
    await ingest("profile-creation", "token", body, deps);
    expect(await slotKept()).toBeNull();
  });
});

test("a session's reason is told if it is one of the gateway's own words, and dropped if it is free text", async () => {
  const published: unknown[] = [];
  const deps: IngestDeps = {
    records: recordsOver(new MemoryTable()),
    publish: async (_type, detail) => {
      published.push((detail as { reason?: string }).reason);
    },
    ownerOf: async () => key.account_id,
    now: () => NOW,
    log: { info() {}, warn() {}, error() {} },
    metrics: recordedMetrics(),
  };
  const made = {
    config_id: "c",
    execution: "e-1",
    created_at: NOW,
    status: "pending",
    encrypted: false,
  } as const;
  await deps.records.create({ ...key, profile_id, ...made });
  await deps.records.bind(
    {
      ...key,
      ...made,
      attempt: 1,
      mode: "async",
      released: false,
      request_hash: "",
      profile_id: null,
      creates: 0,
    },
    profile_id,
    { at: NOW, by: "create" },
  );
  for (const reason of ["agent_drop", "Mrs Sample hung up"])
    await ingest(
      "capture-session",
      "token",
      Buffer.from(
        JSON.stringify({ profile_id, status: "capture_pending", session_status: "incomplete", reason }),
      ),
      deps,
    );
  expect(published).toEqual(["agent_drop", undefined]);
});
