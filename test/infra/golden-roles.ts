import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Roles, readRoles } from "./roles.ts";
import { templates } from "./stage-app.ts";

const file = join(import.meta.dirname, "roles.golden.json");

/** The roles as somebody has read and accepted them. */
export const goldenRoles = (): Roles => JSON.parse(readFileSync(file, "utf8")) as Roles;

/** The roles of a stage with a sandbox: those of every other stage, and the sandbox's. */
export const rolesNow = (): Roles => readRoles(templates("local"));

/** `npm run roles`: accepts the roles as they are now. What changed is for the reviewer to read. */
if (import.meta.main) writeFileSync(file, `${JSON.stringify(rolesNow(), null, 2)}\n`);
