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
  /** Where the caller reached us; links are built on it. */
  origin: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded?: boolean;
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

/** A page for a person. `markup` is ours alone: nothing of a request goes into it. */
export const page = (status: number, title: string, markup: string): HttpAnswer => ({
  status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  },
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head><body><h1>${title}</h1>${markup}</body></html>`,
});
