import type { Endpoint } from "../../shared/gateway/endpoints.ts";
import { type Action, routesOf } from "../action.ts";
import type { Grant } from "../grants.ts";
import type { PublicAction } from "../public-action.ts";
import { actOnOnboarding } from "./act-on-onboarding.ts";
import { cancelAppointment } from "./cancel-appointment.ts";
import { cancelProfile } from "./cancel-profile.ts";
import { completeProfile } from "./complete-profile.ts";
import { countOnboardings } from "./count-onboardings.ts";
import { createProfileAsync } from "./create-profile-async.ts";
import { createProfileEncrypted } from "./create-profile-encrypted.ts";
import { createProfileSync } from "./create-profile-sync.ts";
import { fetchApiDescription } from "./fetch-api-description.ts";
import { fetchCaptureLink } from "./fetch-capture-link.ts";
import { fetchDecision } from "./fetch-decision.ts";
import { fetchDocs } from "./fetch-docs.ts";
import { fetchOnboarding } from "./fetch-onboarding.ts";
import { fetchProfile } from "./fetch-profile.ts";
import { fetchProfileEncrypted } from "./fetch-profile-encrypted.ts";
import { fetchQueueMetrics } from "./fetch-queue-metrics.ts";
import { fetchRecaptureConfig } from "./fetch-recapture-config.ts";
import { listOnboardings } from "./list-onboardings.ts";
import { purgeProfile } from "./purge-profile.ts";
import { startOnboarding } from "./start-onboarding.ts";
import { submitRecapture } from "./submit-recapture.ts";
import { unknownRoute } from "./unknown-route.ts";
import { updateProfileConfig } from "./update-profile-config.ts";

/** A function of our API as the stacks see it. */
export interface ListedAction {
  file: string;
  grants: readonly Grant[];
  routes: { method: string; path: string }[];
  /** What it answers to; one that answers to anybody has `publishes` instead. */
  serves?: Endpoint;
  publishes?: Pick<PublicAction, "summary" | "files">;
}

const listed = ({
  file,
  grants,
  serves,
}: Pick<Action<never>, "file" | "grants" | "serves">): ListedAction => ({
  file,
  grants,
  routes: serves.path === "$default" ? [{ method: "$default", path: "$default" }] : routesOf({ serves }),
  serves,
});

const published = ({ file, summary, files }: PublicAction): ListedAction => ({
  file,
  grants: [],
  routes: files.map(({ path }) => ({ method: "GET", path })),
  publishes: { summary, files },
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
  cancelAppointment: listed(cancelAppointment),
  updateProfileConfig: listed(updateProfileConfig),
  fetchQueueMetrics: listed(fetchQueueMetrics),
  createProfileEncrypted: listed(createProfileEncrypted),
  fetchProfileEncrypted: listed(fetchProfileEncrypted),
  startOnboarding: listed(startOnboarding),
  fetchOnboarding: listed(fetchOnboarding),
  actOnOnboarding: listed(actOnOnboarding),
  fetchDecision: listed(fetchDecision),
  listOnboardings: listed(listOnboardings),
  countOnboardings: listed(countOnboardings),
  fetchApiDescription: published(fetchApiDescription),
  fetchDocs: published(fetchDocs),
  unknownRoute: listed(unknownRoute),
};
