import { createHash } from "node:crypto";
import type { HttpAnswer } from "../http.ts";
import { type Content, Html, html } from "./html.ts";
import { style } from "./style.ts";

const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing runs, frames or leaves: pages show our style and images of our own, and forms come back to us. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "cache-control": "no-store",
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export interface Page {
  title: string;
  /** Beside the sandbox's name at the top: who is signed in, where else to go. */
  bar?: Content;
  main: Content;
  wide?: boolean;
}

/** A page for a person, whole and with all it needs. */
export function page(status: number, { title, bar, main, wide = false }: Page): HttpAnswer {
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – Sandbox gateway</title>
<style>${new Html(style)}</style>
</head>
<body class="${wide ? "wide" : "narrow"}">
<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><p>Sandbox gateway</p>${bar}</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${main}
</main>
<footer class="foot">This is a sandbox: no identity is checked here. Do not hand in anybody’s real documents.</footer>
</body>
</html>
`;
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body: body.markup };
}

/** A page of a few words. */
export const shortPage = (status: number, title: string, text: string): HttpAnswer =>
  page(status, { title, main: html`<p>${text}</p>` });

/** After a form was taken. `location` is relative to the form's address: what is before our paths is not ours to know. */
export const seeOther = (location: string, cookies: string[] = []): HttpAnswer => ({
  status: 303,
  headers: { ...headers, location },
  body: "",
  ...(cookies.length > 0 && { cookies }),
});

/** A file that somebody captured. It may be anything that begins like an image, so nothing in it may run. */
export const file = (bytes: Buffer, content_type: string): HttpAnswer => ({
  status: 200,
  headers: {
    ...headers,
    "content-type": content_type,
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
  },
  body: bytes.toString("base64"),
  isBase64Encoded: true,
});

/** What became of a form: fixed words, read out when the page opens. */
export const notice = (tone: "good" | "bad" | "wait", content: Content): Html =>
  html`<div class="notice ${tone}" role="${tone === "bad" ? "alert" : "status"}">${content}</div>`;

export const badge = (tone: "good" | "bad" | "wait" | "plain", text: string): Html =>
  html`<span class="badge ${tone}">${text}</span>`;

/** A timestamp for people. */
export const readable = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

/** A timestamp for people and programs. */
export const moment = (at: string): Html => html`<time datetime="${at}">${readable(at)}</time>`;

/** Rows of names and values, less those without a value. */
export const facts = (rows: readonly (readonly [string, Content])[]): Html =>
  html`<dl class="facts">${rows.map(([name, value]) => value && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
