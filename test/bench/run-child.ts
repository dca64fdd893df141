import { spawn } from "node:child_process";

/** Runs a script in a process of its own and reads the last line of its standard error as JSON. */
export function runChild<Said>(args: readonly string[], env: Record<string, string>): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", () => {
      try {
        resolve(JSON.parse(said.trim().split("\n").at(-1) ?? "") as Said);
      } catch {
        reject(new Error(`a measured process said: ${said.slice(-300)}`));
      }
    });
  });
}
