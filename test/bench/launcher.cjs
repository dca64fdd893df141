// Stands for Lambda's own: loads the bundle, hands it one event, and says when the answer was there.
const { readFileSync } = require("node:fs");
const [, , bundle, eventFile] = process.argv;
const { handler } = require(bundle);
const loadedMs = performance.now();
const event = JSON.parse(readFileSync(eventFile, "utf8"));
const context = { functionName: "measured", awsRequestId: "1", getRemainingTimeInMillis: () => 30_000 };
const say = (answer) => {
  const ms = performance.now();
  const { user, system } = process.cpuUsage();
  const undici = process.moduleLoadList.some((name) => name.includes("undici"));
  process.stderr.write(
    `${JSON.stringify({ ms, loadedMs, cpuMs: (user + system) / 1000, undici, answer })}\n`,
    () => process.exit(0),
  );
};
Promise.resolve()
  .then(() => handler(event, context))
  .then(
    (answer) => say(answer ?? null),
    (error) => say({ threw: String(error) }),
  );
