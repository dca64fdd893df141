import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answer, refusals } from "../shared/gateway/answers.ts";
import { createLog, faultName } from "./log.ts";
import { takesGzip } from "./takes-gzip.ts";

/** A file beside the bundle, gzipped there under its name with `.gz`, and the path that answers with it. */
export interface PublicFile {
  path: string;
  name: string;
  type: string;
}

/**
 * What anybody may read, without credentials. It has no `run`, no grants and no way to get at either: all that it can
 * answer are files that were written at synth, so that nothing of a caller's can become public by accident.
 */
export interface PublicAction {
  file: string;
  /** What it answers with, in one line for readers of the API document. */
  summary: string;
  /** The first one is what it is for, the others are what that one loads. */
  files: readonly [PublicFile, ...PublicFile[]];
}

export const definePublicAction = (action: PublicAction): PublicAction => action;

/** Whatever a page loads or asks is ours, in files of its own; only icons are drawn from data URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Beside `toHandler`, and not a case of it: what asks for credentials cannot be switched off there. */
export function toPublicHandler(action: PublicAction) {
  const read = new Map<PublicFile, Buffer>();
  return middy(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      const file = action.files.find(({ path }) => event.routeKey === `GET ${path}`);
      if (!file) return failed(refusals.unknownRoute());
      const zipped = read.get(file) ?? zippedFile(file);
      read.set(file, zipped);
      return answer(file, zipped, takesGzip(event));
    } catch (error) {
      createLog("onboarding").error("request failed", { function: action.file, fault: faultName(error) });
      return failed(refusals.internal());
    }
  });
}

const answer = (
  { type }: PublicFile,
  zipped: Buffer,
  asItIs: boolean,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: {
    "content-type": type,
    ...(asItIs && { "content-encoding": "gzip" }),
    vary: "accept-encoding",
    "cache-control": "public, max-age=300",
    "content-security-policy": contentSecurityPolicy,
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
  },
  body: (asItIs ? zipped : gunzipSync(zipped)).toString("base64"),
  isBase64Encoded: true,
});

const zippedFile = ({ name }: PublicFile): Buffer =>
  readFileSync(join(process.env["LAMBDA_TASK_ROOT"] ?? ".", `${name}.gz`));

const failed = ({ status, body }: Answer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { "content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff" },
  body: JSON.stringify(body),
});
