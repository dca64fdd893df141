import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { marshall } from "@aws-sdk/util-dynamodb";
import { sha256Hex } from "../../infra/local/new-key.ts";
import { gatewayAnswer } from "./stub-gateway.ts";
import {
  pointIn,
  stubAccount,
  stubContentKey,
  stubDue,
  stubHashKey,
  stubItem,
  stubRequest,
} from "./stub-onboardings.ts";

/** What every secret, table and queue of a measured function is called. */
const resources = {
  PROFILE_TABLE: "profiles",
  VAULT_BUCKET: "vault",
  CALLERS_SECRET: "callers",
  GATEWAY_SECRET: "gateway",
  WEBHOOKS_SECRET: "webhooks",
  SANDBOX_SECRET: "sandbox",
  SANDBOX_TABLE: "sandbox",
  EVENT_BUS: "bus",
  STATE_MACHINE_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:onboarding",
};

export const stubApiKey = "a caller's key";
export const stubWebhookToken = "a webhook token";

/** A request that a measured function made. */
export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** The vault has one object, whichever is asked for: a request, which is all that a function reads. */
function vaultAnswer(method: string, path: string): string {
  if (method === "POST") return "<DeleteResult/>";
  if (method !== "GET") return "";
  return path.includes("list-type=2")
    ? `<ListBucketResult><Name>vault</Name><Contents><Key>${stubObject}</Key></Contents><IsTruncated>false</IsTruncated></ListBucketResult>`
    : JSON.stringify(stubRequest(pointIn(path)));
}

export const stubObject = "bank%2F1042/order-completed/result.json";

/**
 * The other end of every socket of a measured function: answers at once and always the same, so that what is measured
 * is the function. It knows one onboarding at every point (`stub-onboardings.ts`).
 */
export async function openStubCloud() {
  let asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const { method = "GET", url: path = "/" } = request;
      const target = String(request.headers["x-amz-target"] ?? "").split(".")[1];
      asked.push({
        method,
        path,
        headers: Object.fromEntries(
          Object.entries(request.headers).filter(([name]) =>
            /^(x-amz|content-type|authorization)/.test(name),
          ),
        ) as Record<string, string>,
        body,
      });
      if (path.startsWith("/vault/")) {
        response.writeHead(200, { "content-type": "application/xml", etag: '"etag"' });
        response.end(vaultAnswer(method, path));
        return;
      }
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(
        JSON.stringify(target === undefined ? gatewayAnswer(method, path, body) : awsAnswer(target, body)),
      );
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const secrets: Record<string, unknown> = {
    callers: {
      hashKey: stubHashKey,
      callers: [{ accountId: stubAccount, keyHashes: [sha256Hex(stubApiKey)] }],
    },
    gateway: {
      accounts: {
        [stubAccount]: {
          baseUrl: `${url}/gateway`,
          apiKey: "key",
          accountId: stubAccount,
          contentKeys: [stubContentKey],
        },
      },
    },
    webhooks: {
      slots: [{ accountId: stubAccount, slot: "profile-status", tokenHashes: [sha256Hex(stubWebhookToken)] }],
    },
    sandbox: { accounts: [{ accountId: stubAccount, apiKeyHash: sha256Hex(stubApiKey) }] },
  };

  function awsAnswer(target: string, body: string): object {
    switch (target) {
      case "GetSecretValue": {
        const { SecretId } = JSON.parse(body) as { SecretId: string };
        return { Name: SecretId, SecretString: JSON.stringify(secrets[SecretId]) };
      }
      case "GetItem": {
        const { Key } = JSON.parse(body) as { Key: Record<"pk" | "sk", { S: string }> };
        const item = stubItem(`${Key.pk.S} ${Key.sk.S}`);
        return item ? { Item: marshall(item) } : {};
      }
      case "Query":
        return body.includes('"due#0"')
          ? { Items: [marshall(stubDue())], Count: 1 }
          : { Items: [], Count: 0 };
      case "PutEvents":
        return { FailedEntryCount: 0, Entries: [{ EventId: "1" }] };
      case "SendMessageBatch":
        return { Successful: [], Failed: [] };
      case "StartExecution":
        return { executionArn: "arn", startDate: 0 };
      default:
        return {};
    }
  }

  return {
    /** Environment of a function whose settings lie in `folder`. */
    environment: (folder: string): Record<string, string> => ({
      ...resources,
      LOOK_QUEUE_URL: `${url}/000000000000/looks`,
      JOURNEY_QUEUE_URL: `${url}/000000000000/journeys`,
      DELIVER_QUEUE_URL: `${url}/000000000000/deliveries`,
      AWS_ENDPOINT_URL: url,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "dummy",
      AWS_SECRET_ACCESS_KEY: "dummy",
      LAMBDA_TASK_ROOT: folder,
    }),
    url,
    /** What was asked since the last time. */
    takeAsked(): Asked[] {
      const taken = asked;
      asked = [];
      return taken;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
export type StubCloud = Awaited<ReturnType<typeof openStubCloud>>;
