import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const local = "infra/local/commands.ts";
const operate = "infra/operate/commands.ts";

/** Every command that asks AWS, as a line for the stage `prod` whose arguments are right. */
const typed = {
  [local]: [
    "deploy",
    "setup",
    "keys rotate",
    "keys list",
    "webhooks rotate",
    "webhooks list",
    "callers revoke --account 1/2 --yes",
    "callers list",
    "destroy --delete-data --yes",
  ],
  [operate]: [
    "list",
    "counts",
    "show REF",
    "decide REF --dry-run",
    ...["recheck", "resend-link", "remind", "hold", "release", "restart", "approve", "recapture"].map(
      (action) => `${action} REF --reason why`,
    ),
    ...["cancel", "purge", "reject"].map((action) => `${action} REF --reason why --yes`),
    "import customers.csv",
    "dead-letters",
    "redrive intake --reason why --yes",
    "doctor --quick",
  ],
};
/** These work on this machine alone. */
const atHome = { [local]: ["start", "demo", "up", "down"], [operate]: [] };

type Typed = readonly [line: string, entry: string];
const commands: readonly Typed[] = Object.entries(typed).flatMap(([entry, lines]) =>
  lines.map((line) => [line, entry] as const),
);
const wordOf = ([line]: Typed) => line.split(" ")[0] ?? "";
const only = (...words: string[]) => commands.filter((each) => words.includes(wordOf(each)));
const allBut = (...words: string[]) => commands.filter((each) => !words.includes(wordOf(each)));

/** AWS's refusal, or its answer. `null`: that may not be done. */
type Answer = { code: string; message: string } | { body: string } | null;

/** AWS, in its services' own words; what it is asked has IAM's name for it. */
class Stub {
  readonly #answer: (action: string) => Answer;
  constructor(answer: (action: string) => Answer) {
    this.#answer = answer;
  }
  readonly #server = createServer(async (asked, response) => {
    const inXml = asked.headers["x-amz-target"] === undefined;
    const action = `${serviceOf(asked)}:${await operationOf(asked)}`;
    const answer = this.#answer(action) ?? {
      code: "AccessDenied",
      message: `User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ${action}`,
    };
    response.writeHead("body" in answer ? 200 : 400, {
      "content-type": inXml ? "text/xml" : "application/x-amz-json-1.1",
    });
    response.end("body" in answer ? answer.body : refusal(answer, inXml));
  });

  start = () => new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** As the request is signed for. */
const serviceOf = ({ headers }: IncomingMessage) => headers.authorization?.split("/")[3];
async function operationOf(asked: IncomingMessage): Promise<string | null | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const target = asked.headers["x-amz-target"];
  return typeof target === "string"
    ? target.split(".")[1]
    : new URLSearchParams(Buffer.concat(chunks).toString()).get("Action");
}
const refusal = ({ code, message }: { code: string; message: string }, inXml: boolean) =>
  inXml
    ? `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
    : JSON.stringify({ __type: code, message });

const knowsWho = (action: string): Answer =>
  action === "sts:GetCallerIdentity"
    ? {
        body: "<Answer><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></Answer>",
      }
    : null;
const notDeployed = (action: string): Answer =>
  action.startsWith("cloudformation:")
    ? { code: "ValidationError", message: "Stack with id x does not exist" }
    : action === "states:ListStateMachines"
      ? { body: '{"stateMachines":[]}' }
      : knowsWho(action);
const outputs = [
  ..."EventBusName ProfileTableName VaultBucketName CallersSecretName GatewaySecretName".split(" "),
  ..."WebhooksSecretName StateMachineArn SweepFunctionName IntakeQueueUrl IntakeDeadLettersUrl".split(" "),
  ..."LookQueueUrl LookDeadLettersUrl SignalDeadLettersUrl ApiId ApiUrl".split(" "),
];
const seesStacks = (action: string): Answer => {
  if (action !== "cloudformation:DescribeStacks") return knowsWho(action);
  // The SDK warns of queues that are elsewhere than all else.
  const members = outputs.map(
    (key) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${stubs.seesStacks.url}</OutputValue></member>`,
  );
  return {
    body: `<Answer><DescribeStacksResult><Stacks><member><Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></Answer>`,
  };
};

const neverSetUp = (action: string): Answer =>
  action.startsWith("secretsmanager:")
    ? { code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret." }
    : seesStacks(action);

const stubs = {
  expired: new Stub(() => ({ code: "ExpiredToken", message: "The security token is expired" })),
  knowsWho: new Stub(knowsWho),
  notDeployed: new Stub(notDeployed),
  seesStacks: new Stub(seesStacks),
  neverSetUp: new Stub(neverSetUp),
};
beforeAll(async () => {
  for (const stub of Object.values(stubs)) await stub.start();
});
afterAll(() => {
  for (const stub of Object.values(stubs)) stub.stop();
});

/** Types a line as somebody of whom AWS knows nothing but what `environment` says. */
async function type([line, entry]: Typed, environment: Record<string, string>) {
  const { all, exitCode } = await execa(
    process.execPath,
    [join(root, entry), ...line.split(" "), "--stage", "prod"],
    {
      reject: false,
      all: true,
      extendEnv: false,
      env: {
        PATH: process.env["PATH"],
        HOME: devNull,
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
        AWS_EC2_METADATA_DISABLED: "true",
        ONBOARDING_API_KEY: "key",
        ONBOARDING_ACCOUNT_ID: "1/2",
        GATEWAY_BASE_URL: "https://gateway.example.com",
        GATEWAY_ACCOUNT_ID: "1/2",
        GATEWAY_API_KEY: "key",
        ...environment,
      },
    },
  );
  return { all, exitCode };
}
const region = { AWS_REGION: "eu-west-1" };
const credentials = { ...region, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "a-secret" };
const at = (stub: Stub) => ({ ...credentials, AWS_ENDPOINT_URL: stub.url });

/** One line, and exit code 1. */
async function lineOf(command: Typed, environment: Record<string, string>): Promise<string> {
  const { all, exitCode } = await type(command, environment);
  expect(all.split("\n")).toHaveLength(1);
  expect(exitCode).toBe(1);
  return all;
}

/** The commands of an entry point as its help lists them, each with the words above it. */
async function listed(entry: string, ...above: string[]): Promise<string[]> {
  const { stdout } = await execa(process.execPath, [join(root, entry), ...above, "--help"]);
  const found = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)( [<[]\S+.*?)?(?: {2}|$)/gm)]
    .map(([, word = "", takes]) => ({ path: [...above, word], takes }))
    .filter(({ path }) => path.at(-1) !== "help");
  const all = await Promise.all(
    found.map(async ({ path, takes }) => {
      const below = takes ? [] : await listed(entry, ...path);
      return below.length > 0 ? below : [path.join(" ")];
    }),
  );
  return all.flat();
}

test.each([local, operate] as const)(
  "every command of %s is tried here, or asks no account",
  async (entry) => {
    const here = [...typed[entry], ...atHome[entry]];
    const words = await listed(entry);
    for (const word of words)
      expect(
        here.filter((line) => `${line} `.startsWith(`${word} `)),
        word,
      ).toHaveLength(1);
    expect(words).toHaveLength(here.length);
  },
);

const NO_CREDENTIALS =
  "no AWS credentials were found: set AWS_PROFILE to one of `aws configure list-profiles`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
/** One for each way in which commands come to AWS. */
const some = only("deploy", "destroy", "setup", "keys", "show", "redrive");
// `deploy` hands over to the CDK CLI once it is known who types: what rights that lacks is told in its own words.
const beyondIdentity = allBut("deploy", "doctor");

describe("one line says what to do", () => {
  test.concurrent.each(allBut("doctor"))("without credentials: %s", async (...command) => {
    expect(await lineOf(command, region)).toBe(`✗ ${NO_CREDENTIALS}`);
  });

  test.concurrent.each(some)("without a region: %s", async (...command) => {
    expect(await lineOf(command, {})).toBe(
      "✗ no AWS region is set: set AWS_REGION, or `region` of the profile or of the stage in cdk.json",
    );
  });

  test.concurrent.each(some)("where nothing answers: %s", async (...command) => {
    expect(await lineOf(command, { ...credentials, AWS_ENDPOINT_URL: "http://127.0.0.1:9" })).toBe(
      "✗ nothing answers at 127.0.0.1:9 (ECONNREFUSED): start the local cloud with `npm run up`, or set AWS_ENDPOINT_URL right",
    );
  });

  test.concurrent.each(some)("with credentials that have expired: %s", async (...command) => {
    expect(await lineOf(command, at(stubs.expired))).toBe(
      "✗ the AWS credentials have expired (ExpiredToken): log in again (`aws sso login`), or take new ones from where you have them",
    );
  });

  test.concurrent.each(beyondIdentity)("without any right: %s", async (...command) => {
    const right = wordOf(command) === "destroy" ? "ListStackResources" : "DescribeStacks";
    expect(await lineOf(command, at(stubs.knowsWho))).toBe(
      `✗ these AWS credentials lack the right cloudformation:${right}: ask whoever administers the account for it (docs/operate.md, Rights)`,
    );
  });

  test.concurrent.each(some.filter((each) => wordOf(each) !== "deploy"))(
    "for a stage that is not deployed: %s",
    async (...command) => {
      expect(await lineOf(command, at(stubs.notDeployed))).toMatch(
        wordOf(command) === "destroy"
          ? /^✗ stage prod is not deployed, so nothing says which data was its: delete it in the console$/
          : /^✗ stack onboarding-prod-\w+ is not deployed: run `npm run deploy -- --stage prod` first$/,
      );
    },
  );
});

describe("one line says what to do about a profile", () => {
  const profiles = `
[profile of-sso]
sso_session = ours
sso_account_id = 111122223333
sso_role_name = Operator
region = eu-west-1
[sso-session ours]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
[profile of-login]
login_session = arn:aws:iam::111122223333:user/ann
region = eu-west-1
[profile with-mfa]
role_arn = arn:aws:iam::111122223333:role/operator
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/ann
region = eu-west-1
[profile base]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = a-secret
`;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "onboarding-profiles-"));
    await writeFile(join(folder, "config"), profiles);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.concurrent.each([
    ["of-sso", "nobody is logged in to the AWS profile, or no longer: `aws sso login`"],
    ["of-login", "nobody is logged in to the AWS profile, or no longer: `aws login`"],
    [
      "with-mfa",
      'the AWS profile asks for a second factor (MFA), which is not asked for here: `eval "$(aws configure export-credentials --format env)"` first',
    ],
    ["of-nobody", NO_CREDENTIALS],
  ])("%s", async (AWS_PROFILE, line) => {
    const [command = commands[0]] = only("callers").slice(-1);
    const environment = { ...region, AWS_PROFILE, HOME: folder, AWS_CONFIG_FILE: join(folder, "config") };
    expect(await lineOf(command as Typed, environment)).toBe(`✗ ${line}`);
  });
});

describe("of a stage whose secrets are not there", () => {
  test.concurrent.each(only("keys", "webhooks", "callers"))("%s says what to run", async (...command) => {
    expect(await lineOf(command, at(stubs.neverSetUp))).toBe(
      "✗ the stage has no account yet: run setup first",
    );
  });

  test.concurrent.each(only("setup"))("%s says where to look", async (...command) => {
    expect(await lineOf(command, at(stubs.neverSetUp))).toBe(
      "✗ something of the stage is not there (ResourceNotFoundException): `npm run doctor -- --stage NAME` says what",
    );
  });
});

describe("docs/operate.md names the right", () => {
  const page = readFileSync(join(root, "docs/operate.md"), "utf8");
  const rows = (/^## Rights\n(.*?)^## /ms.exec(page)?.[1] ?? "").split("\n");

  test.concurrent.each(only("setup", "keys", "webhooks", "callers", "dead-letters", "redrive"))(
    "that is missed next: %s",
    async (...command) => {
      const line = await lineOf(command, at(stubs.seesStacks));
      const [, right = "none"] = /lack the right (\w+:\w+): /.exec(line) ?? [];
      const words = command[0].split(" --")[0]?.replace(" intake", "");
      const row = rows.find((each) => each.includes(`\`${words}\``));
      expect(row).toContain(`\`cloudformation:DescribeStacks\``);
      expect(row).toContain(`\`${right}\``);
    },
  );
});

describe.each(only("doctor"))("%s says the same", (...doctor) => {
  test("without credentials", async () => {
    const { all, exitCode } = await type(doctor, region);
    expect(all.split("\n")).toContain(`✗ credentials: ${NO_CREDENTIALS}`);
    expect(exitCode).toBe(1);
  });

  test("of each thing that it may not see", async () => {
    const { all } = await type(doctor, at(stubs.knowsWho));
    const unseen = all.split("\n").filter((line) => line.includes("not check"));
    for (const check of [
      "cdk bootstrap",
      "stack onboarding-prod-state",
      "secrets, URLs, gateway, bus",
      "alarms",
    ])
      expect(unseen.filter((line) => line.startsWith(`? ${check}: `))).toEqual([
        expect.stringMatching(
          /these AWS credentials lack the right cloudformation:\w+: ask whoever administers the account/,
        ),
      ]);
  });
});
