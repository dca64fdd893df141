// Calls a warm function many times over and says what a call took.
const { readFileSync } = require("node:fs");
const [, , bundle, eventFile, calls] = process.argv;
const { handler } = require(bundle);
const event = JSON.parse(readFileSync(eventFile, "utf8"));
const context = { functionName: "measured", awsRequestId: "1", getRemainingTimeInMillis: () => 30_000 };
const run = async () => {
  for (let call = 0; call < 100; call++) await handler(event, context);
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  for (let call = 0; call < Number(calls); call++) await handler(event, context);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - started;
  const said = { cpuMs: (user + system) / 1000 / calls, wallMs: wallMs / calls };
  process.stderr.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
};
void run();
