import { raiseLocalCloud } from "../../infra/local/local-cloud.ts";
import { Progress } from "../../infra/local/progress.ts";

/** Brings the local cloud up for the tests, and down again if it was not up before. */
export async function setup(): Promise<() => Promise<void>> {
  const cloud = await raiseLocalCloud(new Progress(), new AbortController().signal);
  return () => cloud.stop();
}
