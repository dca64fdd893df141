import { actions } from "../../functions/actions/index.ts";
import type { Step } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { createContentCipher } from "../../shared/gateway/encryption.ts";
import type { Next } from "../../shared/profile/next.ts";
import { stubApiKey, stubWebhookToken } from "./stub-cloud.ts";
import { type StubPoint, stubAccount, stubContentKey, stubIds, stubRequest } from "./stub-onboardings.ts";

/** The event that takes a function once through all that it usually asks for, to an answer. */
export async function firstEvent(entry: string): Promise<object> {
  const [, group = "", name = ""] = /^functions\/(\w+)\/([\w-]+)\.ts$/.exec(entry) ?? [];
  switch (group) {
    case "actions":
      return actionEvent(name);
    case "steps":
      return stepEvent(name);
    case "webhooks":
      return httpEvent({
        pathParameters: { slot: "profile-status", token: stubWebhookToken },
        body: { ...stubIds("capture_pending"), status: "in_progress", status_detail: null },
      });
    case "intake":
      return queueEvent({ account_id: stubAccount, request: stubRequest("requested") });
    case "resume":
      return queueEvent(keyOf("completed"));
    case "sandbox":
      return name === "api"
        ? httpEvent({})
        : queueEvent({ kind: name === "deliver" ? name : "expiry", ...stubIds("completed"), notices: [] });
    default:
      return {};
  }
}

const keyOf = (point: StubPoint) => {
  const { account_id, reference_id } = stubIds(point);
  return { account_id, reference_id };
};

/** What each step comes to, in an onboarding that takes its usual course. */
const stepPoints: Record<string, { point: StubPoint; next?: Next; waits?: true }> = {
  "open-capture": { point: "requested", waits: true },
  review: { point: "review_required", waits: true },
  recapture: { point: "recapture_pending", waits: true },
  attention: { point: "review_required", next: "attention", waits: true },
  retain: { point: "completed", next: "complete", waits: true },
  close: { point: "capture_expired" },
  purge: { point: "completed" },
};

function stepEvent(file: string): object {
  const step: Step | undefined = Object.values(steps).find((each) => each.file === file);
  const { point, next, waits } = stepPoints[file] ?? {};
  if (!step || !point) throw new Error(`no event for the step ${file}`);
  const input = { ...keyOf(point), attempt: 1, ...(next && { next }) };
  return { input, ...(waits && { task_token: "token" }) };
}

/** The bodies of actions that take one; of the creates it is the request of a claim that has no profile yet. */
async function bodyFor(file: string): Promise<object | undefined> {
  const cipher = createContentCipher({ get: async () => [stubContentKey], refresh: async () => [] });
  switch (file) {
    case "create-profile-sync":
    case "create-profile-async":
    case "start-onboarding":
      return stubRequest("requested");
    case "create-profile-encrypted": {
      const { data, ...clear } = stubRequest("requested-encrypted");
      return { ...clear, encrypted_data: await cipher.encrypt(data) };
    }
    case "act-on-onboarding":
      return { action: "resend-link", by: "operator-1", reason: "the customer asked for it" };
    case "complete-profile":
      return { status: "approved" };
    case "cancel-appointment":
      return { reference_id: stubIds("capture_pending").reference_id };
    case "update-profile-config":
      return { config: { overrides: { video_kyc_priority: 1 } } };
    case "submit-recapture":
      return {
        recapture_configuration: { tasks: [{ task_key: "a", task_type: "b" }], resources: [] },
        recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
      };
    default:
      return undefined;
  }
}

async function actionEvent(file: string): Promise<object> {
  const action = Object.values(actions).find((each) => each.file === file);
  if (!action) throw new Error(`no event for the action ${file}`);
  const [route] = action.routes;
  const ids = stubIds(file === "fetch-decision" ? "review_required" : "capture_pending");
  const pathParameters = action.serves?.path.includes("{reference_id}")
    ? { reference_id: ids.reference_id }
    : { id: ids.profile_id };
  return {
    routeKey: `${route?.method} ${route?.path}`,
    ...httpEvent({ pathParameters, body: await bodyFor(file) }),
  };
}

const httpEvent = ({ pathParameters, body }: { pathParameters?: object; body?: object | undefined }) => ({
  headers: { "api-key": stubApiKey, "account-id": stubAccount },
  pathParameters,
  queryStringParameters: {},
  rawPath: "/profiles/profile-completed",
  rawQueryString: "",
  ...(body && { body: JSON.stringify(body) }),
  isBase64Encoded: false,
  requestContext: {
    requestId: "1",
    stage: "$default",
    http: { method: "GET", path: "/", sourceIp: "127.0.0.1" },
  },
});

const queueEvent = (body: object) => ({ Records: [{ messageId: "1", body: JSON.stringify(body) }] });
