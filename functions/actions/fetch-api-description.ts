import { definePublicAction, toPublicHandler } from "../public-action.ts";

/** `GET /openapi.json`: what this API promises, as OpenAPI 3.1, generated at synth from the endpoints themselves. */
export const fetchApiDescription = definePublicAction({
  file: "fetch-api-description",
  summary: "Fetch this description",
  files: [{ path: "/openapi.json", name: "openapi.json", type: "application/json; charset=utf-8" }],
});

export const handler = toPublicHandler(fetchApiDescription);
