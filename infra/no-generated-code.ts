import { config } from "zod/v4/core";

// Begins every bundle, before any schema is made. Code that a schema writes for itself would pay off after thousands
// of requests to one function instance; until then it costs, the first one most of all.
config({ jitless: true });
