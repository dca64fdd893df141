import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEvents } from "./describe-events.ts";
import { withGenerated } from "./generated-part.ts";

/** `npm run docs`: rewrites what is generated in docs/. */
const file = join(import.meta.dirname, "../../docs/events.md");
writeFileSync(file, withGenerated(readFileSync(file, "utf8"), describeEvents()));
