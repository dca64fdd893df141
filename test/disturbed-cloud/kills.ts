import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { execa } from "execa";
import { draws } from "../../functions/sandbox/faults.ts";
import { localClientConfig } from "../../infra/local/local-clients.ts";
import { endpoints } from "../local-cloud/cloud.ts";

/** Functions that die at random, until it is stopped. */
export interface Killing {
  /** How many processes were killed, whether or not they were at work. */
  readonly count: number;
  stop(): Promise<void>;
}

interface FunctionProcess {
  pid: number;
  /** Without its stack, such as `Resume`. */
  name: string;
}

/** What the emulator says of an invocation whose process was gone before it had answered. */
const DIED = "Worker process died";

/**
 * Kills a process of the orchestrator's functions every so often, chosen by the seed among all that are there. The sandbox
 * is spared: it is the provider's.
 */
export function killFunctions({
  seed,
  everyMs,
  spared = () => false,
}: {
  seed: number;
  everyMs: number;
  spared?: (name: string) => boolean;
}): Killing {
  const draw = draws(seed, "kills");
  let count = 0;
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      await sleep(2 * everyMs * draw());
      const there = (await functionProcesses()).filter(({ name }) => !spared(name));
      const chosen = there[Math.floor(draw() * there.length)];
      if (chosen && !stopped && kill(chosen.pid)) count++;
    }
  })();
  return {
    get count() {
      return count;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Whatever is idle is gone then, such as what other tests have left: who is killed next is more likely to be at work. */
export async function killIdle(): Promise<void> {
  for (const { pid } of await functionProcesses()) kill(pid);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
    return false;
  }
}

/** Invocations that died in the middle since a moment: how many, and in words of which functions. */
export async function diedSince(startTime: number): Promise<{ count: number; of: string }> {
  const client = new CloudWatchLogsClient(localClientConfig(endpoints.awsEndpoint, endpoints.region));
  const died: [name: string, count: number][] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {}))
    for (const { logGroupName = "" } of logGroups) {
      const name = /(\w+?)(?:Function)?Log[0-9A-F]{8}$/.exec(logGroupName)?.[1] ?? logGroupName;
      const search = { logGroupName, startTime, filterPattern: `"${DIED}"` };
      for await (const { events = [] } of paginateFilterLogEvents({ client }, search))
        if (events.length > 0) died.push([name, events.length]);
    }
  return {
    count: died.reduce((sum, [, count]) => sum + count, 0),
    of: died.map(([name, count]) => `${name} ${count}`).join(", "),
  };
}

const ours =
  /ministack-lambda-onboarding-local-(?:api|onboarding|webhooks)-(\w+?)(?:Function)?[0-9A-F]{8}-.*_worker\.js/;

/** Node processes that the emulator of these tests started, and no others, whoever else runs functions on this machine. */
async function functionProcesses(): Promise<FunctionProcess[]> {
  const found: FunctionProcess[] = [];
  for (const { pid, parent, command } of await processes()) {
    const name = ours.exec(command)?.[1];
    if (parent === endpoints.emulatorPid && name) found.push({ pid, name });
  }
  return found.sort((one, other) => one.pid - other.pid);
}

async function processes(): Promise<{ pid: number; parent: number; command: string }[]> {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = await execa("ps", ["-ww", "-A", "-o", "pid=,ppid=,command="]);
    return stdout.split("\n").map((line) => {
      const [pid, parent, ...command] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), command: command.join(" ") };
    });
  }
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const read = async (pid: number) => {
    try {
      const [stat, command] = await Promise.all(
        ["stat", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8")),
      );
      // Behind the name, which may hold anything: the state, then the parent.
      const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return [{ pid, parent, command: command ?? "" }];
    } catch {
      return [];
    }
  };
  return (await Promise.all(pids.map(read))).flat();
}
