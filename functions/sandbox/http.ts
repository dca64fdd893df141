import type { Answer } from "../../shared/gateway/answers.ts";

/** A request as the sandbox reads it. */
export interface HttpRequest {
  method: string;
  /** Decoded, without the stage. */
  path: string;
  query: URLSearchParams;
  apiKey: string | undefined;
  accountId: string | undefined;
  body: string;
  /** The body as it came: uploads are no text. */
  bytes: Buffer;
  contentType: string | undefined;
  cookie: string | undefined;
  /** `sec-fetch-site`: where a browser says that the request comes from. */
  site: string | undefined;
  /** Where the caller reached us; links are built on it. */
  origin: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded?: boolean;
  cookies?: string[];
}

const json = { "content-type": "application/json; charset=utf-8" };

/** Headers of the application behind the edge (contract §1). */
const appHeaders = {
  "cache-control": "max-age=0, private, must-revalidate",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "x-xss-protection": "1; mode=block",
};

export const appAnswer = ({ status, body }: Answer): HttpAnswer => ({
  status,
  headers: { ...json, ...appHeaders },
  body: JSON.stringify(body),
});

/** An answer from in front of the application: it lacks the application's headers. */
export const edgeAnswer = ({ status, body }: Answer): HttpAnswer => ({
  status,
  headers: { ...json },
  body: JSON.stringify(body),
});
