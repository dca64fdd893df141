import { type Action, routesOf } from "../action.ts";
import type { Grant } from "../grants.ts";
import { cancelProfile } from "./cancel-profile.ts";
import { completeProfile } from "./complete-profile.ts";
import { createProfileAsync } from "./create-profile-async.ts";
import { createProfileSync } from "./create-profile-sync.ts";
import { fetchCaptureLink } from "./fetch-capture-link.ts";
import { fetchOnboarding } from "./fetch-onboarding.ts";
import { fetchProfile } from "./fetch-profile.ts";
import { fetchRecaptureConfig } from "./fetch-recapture-config.ts";
import { purgeProfile } from "./purge-profile.ts";
import { startOnboarding } from "./start-onboarding.ts";
import { submitRecapture } from "./submit-recapture.ts";
import { unknownRoute } from "./unknown-route.ts";

/** A function of our API as the stacks see it. */
export interface ListedAction {
  file: string;
  grants: readonly Grant[];
  routes: { method: string; path: string }[];
}

const listed = ({
  file,
  grants,
  serves,
}: Pick<Action<never>, "file" | "grants" | "serves">): ListedAction => ({
  file,
  grants,
  routes: serves.path === "$default" ? [{ method: "$default", path: "$default" }] : routesOf({ serves }),
});

/** Every action of our API. Adding one: its file, its line here, its test. */
export const actions: Record<string, ListedAction> = {
  createProfileSync: listed(createProfileSync),
  createProfileAsync: listed(createProfileAsync),
  fetchProfile: listed(fetchProfile),
  fetchCaptureLink: listed(fetchCaptureLink),
  fetchRecaptureConfig: listed(fetchRecaptureConfig),
  submitRecapture: listed(submitRecapture),
  completeProfile: listed(completeProfile),
  cancelProfile: listed(cancelProfile),
  purgeProfile: listed(purgeProfile),
  startOnboarding: listed(startOnboarding),
  fetchOnboarding: listed(fetchOnboarding),
  unknownRoute: listed(unknownRoute),
};
