import { definePublicAction, toPublicHandler } from "../public-action.ts";

/** `GET /docs`: the description as a page. It loads nothing but its viewer and `GET /openapi.json`. */
export const fetchDocs = definePublicAction({
  file: "fetch-docs",
  summary: "Read this description in a browser",
  files: [
    { path: "/docs", name: "docs.html", type: "text/html; charset=utf-8" },
    { path: "/docs/viewer.js", name: "viewer.js", type: "text/javascript; charset=utf-8" },
    { path: "/docs/viewer.css", name: "viewer.css", type: "text/css; charset=utf-8" },
  ],
});

export const handler = toPublicHandler(fetchDocs);
