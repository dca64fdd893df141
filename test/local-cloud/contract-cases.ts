import type { EndpointName } from "../../shared/gateway/endpoints.ts";

/** A profile that a case is about, as it stands when the case runs. Created at the sandbox itself. */
export interface Subject {
  profile_id: string;
  reference_id: string;
  capture_link: string;
  capture_expires_at: string | null;
  purged_at: string | null;
}

export type State =
  | "capture_pending"
  | "review_required"
  | "recapture_pending"
  | "completed"
  | "cancelled"
  | "purged";

/** What a case may put into its request, and may expect to see again. */
export interface World {
  subject: Subject;
  /** A reference that no other case has. */
  reference_id: string;
  config_id: string;
  apiKey: string;
  accountId: string;
  otherApiKey: string;
  otherAccountId: string;
}

export interface Asked {
  method: string;
  path: string;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  /** Instead of the credentials; `null` sends none. */
  headers?: Record<string, string>;
}

export interface ContractCase {
  name: string;
  endpoint: EndpointName | "unknownRoute";
  /** The state of the profile in `world.subject`; `fresh` when the case changes it. */
  state?: State;
  fresh?: boolean;
  ask: (world: World) => Asked;
  status: number;
  body: unknown | ((world: World) => unknown);
}

const noKey = { message: "No API key found in request" };
const badCredentials = { message: "Invalid authentication credentials" };
const badJson = { errors: { detail: "Bad Request" } };
const noRoute = { errors: { detail: "Not Found" } };
const notFound = {
  details: {},
  error: "not_found",
  message: "RESOURCE_NOT_FOUND",
  reason: "RESOURCE_NOT_FOUND",
};
const badPackage = { details: {}, error: "unprocessable_entity", reason: "INVALID_PACKAGE_ID" };
const badRequest = (reason: string) => ({ error: "bad_request", reason });
const unprocessable = (reason: string) => ({ error: "unprocessable_entity", reason });
const wrongState = (status: string) => unprocessable(`Profile in incorrect state ${status}`);
const envelope =
  (code: string, message: string, status: string, more: (subject: Subject) => object = () => ({})) =>
  ({ subject }: World) => ({
    reference_id: subject.reference_id,
    profile_id: subject.profile_id,
    code,
    message,
    status,
    ...more(subject),
  });
const successful = (message: string, status: string) => envelope("SUCCESSFUL", message, status);
const cancelRefused = (status: string) =>
  envelope("NOT_ALLOWED", "Profile cannot be cancelled as the profile is in progress", status);
const purgeRefused = (status: string) =>
  envelope(
    "NOT_ALLOWED",
    "Profile is not in a completed state, cannot initiate purge",
    status,
    ({ purged_at }) => ({ purged_at }),
  );
const link = ({ subject }: World) => ({
  capture_expires_at: subject.capture_expires_at,
  capture_link: subject.capture_link,
  profile_id: subject.profile_id,
});

const unknownId = "00000000-0000-4000-8000-00000000dead";
/** Stands for what a customer entered: no answer may carry it. */
export const SECRET_VALUE = "never-to-be-echoed";

const recaptureBody = {
  recapture_configuration: {
    tasks: [],
    resources: [
      { attr: null, document_type: "selfie", ref_id: "nil.selfie.nil.1.nil", resource_type: "image" },
    ],
  },
  recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
};
const reasonsOffered = [
  "Incorrect business location photo",
  "Incorrect selfie",
  "Incorrect business location photo and selfie",
  "Incorrect video",
].map((reason) => ({ code: "DOCUMENT_INSUFFICIENCY", comments_mandatory: false, reason }));
const selfie = {
  attr: null,
  document_type: "selfie",
  ref_id: "nil.selfie.nil.1.nil",
  resource_type: "image",
};
const recaptureOffer = {
  configuration: {
    resources: [
      selfie,
      { attr: null, document_type: null, ref_id: "exterior1.nil.nil.1.nil", resource_type: "image" },
      selfie,
      { attr: "self", document_type: null, ref_id: "nil.nil.self.1.nil", resource_type: "video" },
      { attr: null, document_type: "ind_pan", ref_id: "nil.ind_pan.nil.1.front", resource_type: "image" },
    ],
    tasks: [
      { task_key: "fiv_check", task_type: "validate.face_liveness" },
      { task_key: "self_video.capture_and_verify", task_type: "self_video.capture_and_verify" },
    ],
  },
  reasons: [...reasonsOffered, { code: "DOCUMENT_INSUFFICIENCY", comments_mandatory: true, reason: "Other" }],
};

// --- creates

const creates = [
  { endpoint: "createProfileSync", path: "/sync/profiles" },
  { endpoint: "createProfileAsync", path: "/async/profiles" },
] as const;

type Fields = Record<string, unknown>;
/** A create request that is right but for `fields`. */
const request = ({ reference_id, config_id }: World, fields: Fields = {}): Fields => ({
  reference_id,
  config: { id: config_id },
  ...fields,
});

const detail = { category: "deed", page: "1", type: "document", value: SECRET_VALUE };
const details = (...additional_details: unknown[]) => ({ data: { additional_details } });

/** What is wrong with a create → the reason, which names the field. */
const fieldProblems: [name: string, wrong: (world: World) => unknown, reason: string][] = [
  [
    "reference_id is missing",
    ({ config_id }) => ({ config: { id: config_id } }),
    "reference_id: is required",
  ],
  ["reference_id is empty", (w) => request(w, { reference_id: "" }), "reference_id: must not be empty"],
  [
    "reference_id is a number",
    (w) => request(w, { reference_id: 7 }),
    "reference_id: Invalid input: expected string, received number",
  ],
  ["config is missing", ({ reference_id }) => ({ reference_id }), "config: is required"],
  ["config.id is missing", (w) => request(w, { config: {} }), "config.id: is required"],
  [
    "config is a string",
    (w) => request(w, { config: SECRET_VALUE }),
    "config: Invalid input: expected object, received string",
  ],
  ["the body is null", () => null, "body: Invalid input: expected object, received null"],
  ["the body is an array", () => [], "body: Invalid input: expected object, received array"],
  [
    "group_id is a number",
    (w) => request(w, { group_id: 1 }),
    "group_id: Invalid input: expected string, received number",
  ],
  [
    "data is a string",
    (w) => request(w, { data: SECRET_VALUE }),
    "data: Invalid input: expected object, received string",
  ],
  [
    "a name is a string",
    (w) => request(w, { data: { name: SECRET_VALUE } }),
    "data.name: Invalid input: expected object, received string",
  ],
  [
    "email_ids is a string",
    (w) => request(w, { data: { email_ids: SECRET_VALUE } }),
    "data.email_ids: Invalid input: expected array, received string",
  ],
  [
    "a mobile number is a number",
    (w) => request(w, { data: { mobile_numbers: ["0000000000", 1] } }),
    "data.mobile_numbers.1: Invalid input: expected string, received number",
  ],
  [
    "a document's id_number is an object",
    (w) => request(w, { data: { ind_pan_details: { id_number: { secret: SECRET_VALUE } } } }),
    "data.ind_pan_details.id_number: expected a string",
  ],
  [
    "an address type is unknown",
    (w) => request(w, { data: { addresses: [{ type: SECRET_VALUE }] } }),
    "data.addresses.0.type: expected permanent, current, correspondence or other",
  ],
  [
    "a video type is unknown",
    (w) => request(w, { data: { videos: [{ type: SECRET_VALUE, value: "string" }] } }),
    'data.videos.0.type: Invalid option: expected one of "agent"|"customer"|"self"',
  ],
  [
    "a detail's type is unknown",
    (w) => request(w, details({ ...detail, type: SECRET_VALUE })),
    'data.additional_details.0.type: Invalid option: expected one of "image"|"video"|"document"|"text"',
  ],
  [
    "a detail has no page",
    (w) => request(w, details({ category: "deed", type: "text", value: SECRET_VALUE })),
    "data.additional_details.0.page: is required",
  ],
  [
    "two details have the same category and page",
    (w) => request(w, details(detail, { ...detail, type: "image" })),
    "data.additional_details: each (category, page) may occur once",
  ],
  [
    "read_text is longer than 1000 characters",
    (w) =>
      request(w, {
        payload: { self_video_activity_templates: [{ type: "read_text", data: "x".repeat(1001) }] },
      }),
    "payload.self_video_activity_templates.0.data: at most 1000 characters with read_text",
  ],
  [
    "an assignee's action is unknown",
    (w) =>
      request(w, {
        config: {
          id: w.config_id,
          overrides: { assignee: [{ email: "a@example.com", action: SECRET_VALUE }] },
        },
      }),
    'config.overrides.assignee.0.action: Invalid input: expected "video_call"',
  ],
  [
    "the priority is no integer",
    (w) => request(w, { config: { id: w.config_id, overrides: { video_kyc_priority: 1.5 } } }),
    "config.overrides.video_kyc_priority: Invalid input: expected int, received number",
  ],
  [
    "relay_data is an object",
    (w) => request(w, { relay_data: { secret: SECRET_VALUE } }),
    "relay_data: Invalid input: expected string, received object",
  ],
];

const createCases: ContractCase[] = creates.flatMap(({ endpoint, path }) => {
  const post = (body: (world: World) => unknown) => (world: World) => ({
    method: "POST",
    path,
    body: body(world),
  });
  return [
    ...fieldProblems.map(([name, wrong, reason]) => ({
      name: `${path}: ${name}`,
      endpoint,
      ask: post(wrong),
      status: 400,
      body: badRequest(reason),
    })),
    ...[`{"reference_id": "${SECRET_VALUE}`, "", "{}}"].map((text) => ({
      name: `${path}: ${JSON.stringify(text)} is no JSON`,
      endpoint,
      ask: post(() => text),
      status: 400,
      body: badJson,
    })),
    {
      name: `${path}: unknown config.id`,
      endpoint,
      ask: post((world) => request(world, { config: { id: unknownId } })),
      status: 422,
      body: badPackage,
    },
    {
      name: `${path}: relay_data is no base64`,
      endpoint,
      ask: post((world) => request(world, { relay_data: "no base64!" })),
      status: 422,
      body: unprocessable("BASE64_DECODE_ERROR"),
    },
    {
      name: `${path}: config.id is looked at before relay_data`,
      endpoint,
      ask: post((world) => request(world, { config: { id: unknownId }, relay_data: "no base64!" })),
      status: 422,
      body: badPackage,
    },
    {
      name: `${path}: nobody creates without a key, however broken the body`,
      endpoint,
      ask: () => ({ method: "POST", path, body: "{", headers: {} }),
      status: 401,
      body: noKey,
    },
  ];
});

// --- every endpoint with a path id

const withId: {
  endpoint: EndpointName;
  method: string;
  after: string;
  body?: unknown;
  byReference: boolean;
}[] = [
  { endpoint: "fetchProfile", method: "GET", after: "", byReference: true },
  { endpoint: "fetchCaptureLink", method: "GET", after: "/capture", byReference: true },
  { endpoint: "fetchRecaptureConfig", method: "GET", after: "/recapture/config", byReference: false },
  {
    endpoint: "submitRecapture",
    method: "POST",
    after: "/recapture/submit",
    body: recaptureBody,
    byReference: false,
  },
  {
    endpoint: "completeProfile",
    method: "POST",
    after: "/complete_profile",
    body: { status: "approved" },
    byReference: false,
  },
  { endpoint: "cancelProfile", method: "PUT", after: "/cancel", byReference: true },
  { endpoint: "cancelProfile", method: "POST", after: "/cancel", byReference: true },
  { endpoint: "purgeProfile", method: "POST", after: "/purge", byReference: false },
];

const idCases: ContractCase[] = withId.flatMap(({ endpoint, method, after, body, byReference }) => {
  const to = (id: string, query = "", more: Partial<Asked> = {}): Asked => ({
    method,
    path: `/profiles/${id}${after}${query}`,
    ...(body !== undefined && { body }),
    ...more,
  });
  const label = `${method} /profiles/{id}${after}`;
  const common: ContractCase[] = [
    { name: `${label}: unknown`, endpoint, ask: () => to(unknownId), status: 404, body: notFound },
    { name: `${label}: no UUID`, endpoint, ask: () => to("no-uuid"), status: 404, body: notFound },
    {
      name: `${label}: a reference is no profile_id`,
      endpoint,
      state: "capture_pending",
      ask: ({ subject }) => to(subject.reference_id),
      status: 404,
      body: notFound,
    },
    {
      name: `${label}: another account's profile`,
      endpoint,
      state: "capture_pending",
      ask: ({ subject, otherApiKey, otherAccountId }) =>
        to(subject.profile_id, "", { headers: { "api-key": otherApiKey, "account-id": otherAccountId } }),
      status: 404,
      body: notFound,
    },
    { name: `${label}: no key`, endpoint, ask: () => to("x", "", { headers: {} }), status: 401, body: noKey },
    {
      name: `${label}: wrong key`,
      endpoint,
      ask: ({ accountId }) => to("x", "", { headers: { "api-key": "wrong", "account-id": accountId } }),
      status: 403,
      body: badCredentials,
    },
  ];
  if (body !== undefined)
    common.push({
      name: `${label}: no JSON comes before an unknown id`,
      endpoint,
      ask: () => to(unknownId, "", { body: "{" }),
      status: 400,
      body: badJson,
    });
  if (!byReference)
    common.push({
      name: `${label}: query_type is not read`,
      endpoint,
      ask: () => to(unknownId, "?query_type=other"),
      status: 404,
      body: notFound,
    });
  else
    common.push(
      {
        name: `${label}: unknown reference`,
        endpoint,
        ask: () => to("nobody-has-this", "?query_type=reference_id"),
        status: 404,
        body: notFound,
      },
      {
        name: `${label}: a profile_id is no reference`,
        endpoint,
        state: "capture_pending",
        ask: ({ subject }) => to(subject.profile_id, "?query_type=reference_id"),
        status: 404,
        body: notFound,
      },
      ...["other", "", "PROFILE_ID"].map((query_type) => ({
        name: `${label}: query_type=${query_type}`,
        endpoint,
        ask: () => to("x", `?query_type=${query_type}`),
        status: 400,
        body: badRequest("query_type must be profile_id or reference_id"),
      })),
    );
  return common;
});

// --- credentials and routes

const credentialCases: ContractCase[] = (
  [
    ["no api-key", ({ accountId }) => ({ "account-id": accountId }), 401, noKey],
    ["an empty api-key", ({ accountId }) => ({ "api-key": "", "account-id": accountId }), 401, noKey],
    ["no account-id", ({ apiKey }) => ({ "api-key": apiKey }), 403, badCredentials],
    [
      "a wrong account-id",
      ({ apiKey }) => ({ "api-key": apiKey, "account-id": "nobody/0" }),
      403,
      badCredentials,
    ],
    [
      "the key of one account with the id of the other",
      ({ apiKey, otherAccountId }) => ({ "api-key": apiKey, "account-id": otherAccountId }),
      403,
      badCredentials,
    ],
    [
      "the key of the other account",
      ({ otherApiKey, accountId }) => ({ "api-key": otherApiKey, "account-id": accountId }),
      403,
      badCredentials,
    ],
  ] as [string, (world: World) => Record<string, string>, number, unknown][]
).flatMap(([name, headers, status, body]) => [
  {
    name: `${name}: fetch`,
    endpoint: "fetchProfile" as const,
    ask: (world: World) => ({ method: "GET", path: "/profiles/x", headers: headers(world) }),
    status,
    body,
  },
  {
    name: `${name}: unknown route`,
    endpoint: "unknownRoute" as const,
    ask: (world: World) => ({ method: "GET", path: "/nowhere", headers: headers(world) }),
    status,
    body,
  },
]);

const routeCases: ContractCase[] = [
  ["GET", "/"],
  ["GET", "/nowhere"],
  ["GET", "/sync/profiles"],
  ["PUT", "/async/profiles"],
  ["DELETE", "/profiles/x"],
  ["POST", "/profiles/x"],
  ["PUT", "/profiles/x/purge"],
  ["GET", "/profiles/x/cancel"],
  ["POST", "/profiles/x/capture"],
  ["GET", "/profiles/x/recapture/submit"],
  ["GET", "/profiles/x/other"],
].map(([method = "", path = ""]) => ({
  name: `unknown route: ${method} ${path}`,
  endpoint: "unknownRoute",
  ask: () => ({ method, path }),
  status: 404,
  body: noRoute,
}));

// --- states

const of =
  (method: string, after: string, body?: unknown) =>
  ({ subject }: World): Asked => ({
    method,
    path: `/profiles/${subject.profile_id}${after}`,
    ...(body !== undefined && { body }),
  });
const byReference =
  (method: string, after: string, query = "") =>
  ({ subject }: World): Asked => ({
    method,
    path: `/profiles/${subject.reference_id}${after}?query_type=reference_id${query}`,
  });

const closedOrWaiting: State[] = ["capture_pending", "completed", "cancelled", "purged"];
const stateCases: ContractCase[] = [
  ...closedOrWaiting.flatMap((state): ContractCase[] => [
    {
      name: `recapture config in ${state}`,
      endpoint: "fetchRecaptureConfig",
      state,
      ask: of("GET", "/recapture/config"),
      status: 422,
      body: wrongState(state),
    },
    {
      name: `recapture submit in ${state}: the state comes before the body`,
      endpoint: "submitRecapture",
      state,
      ask: of("POST", "/recapture/submit", {}),
      status: 422,
      body: wrongState(state),
    },
    {
      name: `complete in ${state}: the state comes before the body`,
      endpoint: "completeProfile",
      state,
      ask: of("POST", "/complete_profile", { status: "other" }),
      status: 422,
      body: wrongState(state),
    },
  ]),
  {
    name: "recapture submit in recapture_pending",
    endpoint: "submitRecapture",
    state: "recapture_pending",
    fresh: true,
    ask: of("POST", "/recapture/submit", recaptureBody),
    status: 422,
    body: wrongState("recapture_pending"),
  },
  ...(["PUT", "POST"] as const).flatMap((method): ContractCase[] => [
    ...(["review_required", "completed", "purged"] as const).map(
      (state): ContractCase => ({
        name: `${method} cancel in ${state}`,
        endpoint: "cancelProfile",
        state,
        ask: of(method, "/cancel"),
        status: 405,
        body: cancelRefused(state),
      }),
    ),
    {
      name: `${method} cancel in cancelled`,
      endpoint: "cancelProfile",
      state: "cancelled",
      ask: of(method, "/cancel"),
      status: 422,
      body: envelope("ALREADY_CANCELLED", "Profile has already been cancelled", "cancelled"),
    },
    {
      name: `${method} cancel by reference in cancelled`,
      endpoint: "cancelProfile",
      state: "cancelled",
      ask: byReference(method, "/cancel"),
      status: 422,
      body: envelope("ALREADY_CANCELLED", "Profile has already been cancelled", "cancelled"),
    },
    {
      name: `${method} cancel`,
      endpoint: "cancelProfile",
      state: "capture_pending",
      fresh: true,
      ask: of(method, "/cancel"),
      status: 200,
      body: successful("Profile cancelled successfully", "cancelled"),
    },
    {
      name: `${method} cancel by reference`,
      endpoint: "cancelProfile",
      state: "capture_pending",
      fresh: true,
      ask: byReference(method, "/cancel"),
      status: 200,
      body: successful("Profile cancelled successfully", "cancelled"),
    },
  ]),
  ...(["capture_pending", "review_required", "purged"] as const).map(
    (state): ContractCase => ({
      name: `purge in ${state}`,
      endpoint: "purgeProfile",
      state,
      ask: of("POST", "/purge"),
      status: 422,
      body: purgeRefused(state),
    }),
  ),
  ...(["completed", "cancelled"] as const).map(
    (state): ContractCase => ({
      name: `purge from ${state}`,
      endpoint: "purgeProfile",
      state,
      fresh: true,
      ask: of("POST", "/purge"),
      status: 200,
      body: successful("Data purged successfully", "purged"),
    }),
  ),
];

// --- successes

const statusAnswer =
  (status: State, reviewer_action: string | null = null, status_detail: string | null = null) =>
  ({ subject: { profile_id, reference_id } }: World) => ({
    profile_id,
    reference_id,
    reviewer_action,
    status,
    status_detail,
  });
const statusOnly: ContractCase[] = (
  [
    statusAnswer("capture_pending"),
    statusAnswer("review_required"),
    statusAnswer("completed", "approved", "auto-close"),
    statusAnswer("cancelled"),
  ] as const
).flatMap((body, index) => {
  const state = (["capture_pending", "review_required", "completed", "cancelled"] as const)[index] as State;
  return [
    {
      name: `status only in ${state}: five keys`,
      endpoint: "fetchProfile",
      state,
      ask: of("GET", "?status_only=true"),
      status: 200,
      body,
    },
    {
      name: `status only in ${state} by reference`,
      endpoint: "fetchProfile",
      state,
      ask: byReference("GET", "", "&status_only=true"),
      status: 200,
      body,
    },
  ];
});

const linked: ContractCase[] = (["capture_pending", "review_required", "completed", "cancelled"] as const)
  .flatMap((state): [State, string, ContractCase["ask"]][] => [
    [state, "profile_id", of("GET", "/capture")],
    [state, "query_type=profile_id", of("GET", "/capture?query_type=profile_id")],
    [state, "reference_id", byReference("GET", "/capture")],
  ])
  .map(([state, kind, ask]) => ({
    name: `capture link in ${state} by ${kind}`,
    endpoint: "fetchCaptureLink",
    state,
    ask,
    status: 200,
    body: link,
  }));

const reviewCases: ContractCase[] = [
  {
    name: "recapture config in review_required",
    endpoint: "fetchRecaptureConfig",
    state: "review_required",
    ask: of("GET", "/recapture/config"),
    status: 200,
    body: recaptureOffer,
  },
  {
    name: "recapture submit",
    endpoint: "submitRecapture",
    state: "review_required",
    fresh: true,
    ask: of("POST", "/recapture/submit", recaptureBody),
    status: 200,
    body: successful("Profile sent for recapture", "recapture_pending"),
  },
  {
    name: "recapture submit of nothing",
    endpoint: "submitRecapture",
    state: "review_required",
    ask: of("POST", "/recapture/submit", {
      ...recaptureBody,
      recapture_configuration: { tasks: [], resources: [] },
    }),
    status: 400,
    body: badRequest("recapture_configuration: name at least one task or resource"),
  },
  {
    name: "recapture submit of an item that is not offered",
    endpoint: "submitRecapture",
    state: "review_required",
    ask: of("POST", "/recapture/submit", {
      ...recaptureBody,
      recapture_configuration: { tasks: [{ task_key: "other", task_type: "other" }], resources: [] },
    }),
    status: 422,
    body: unprocessable("INVALID_RECAPTURE_CONFIGURATION"),
  },
  {
    name: "recapture submit for a reason that is not offered",
    endpoint: "submitRecapture",
    state: "review_required",
    ask: of("POST", "/recapture/submit", {
      ...recaptureBody,
      recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "other" },
    }),
    status: 422,
    body: unprocessable("INVALID_RECAPTURE_REASON"),
  },
  {
    name: "recapture submit without the mandatory comments",
    endpoint: "submitRecapture",
    state: "review_required",
    ask: of("POST", "/recapture/submit", {
      ...recaptureBody,
      recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Other" },
    }),
    status: 422,
    body: unprocessable("COMMENTS_MANDATORY"),
  },
  ...[{}, { status: "completed" }, { status: SECRET_VALUE }].map(
    (body): ContractCase => ({
      name: `complete with ${JSON.stringify(body)}`,
      endpoint: "completeProfile",
      state: "review_required",
      ask: of("POST", "/complete_profile", body),
      status: 400,
      body: badRequest("status must be approved or rejected"),
    }),
  ),
  ...["approved", "rejected"].map(
    (status): ContractCase => ({
      name: `complete as ${status}`,
      endpoint: "completeProfile",
      state: "review_required",
      fresh: true,
      ask: of("POST", "/complete_profile", { status, status_description: {} }),
      status: 200,
      body: successful("Profile completed successfully", "completed"),
    }),
  ),
];

const goneCases: ContractCase[] = [
  {
    name: "status only in purged",
    endpoint: "fetchProfile",
    state: "purged",
    ask: of("GET", "?status_only=true"),
    status: 200,
    body: statusAnswer("purged", "approved"),
  },
  {
    name: "capture link in purged",
    endpoint: "fetchCaptureLink",
    state: "purged",
    ask: of("GET", "/capture"),
    status: 404,
    body: notFound,
  },
];

/** Every case runs against the sandbox and against our API, and must get the same status and body from both. */
export const contractCases: ContractCase[] = [
  ...credentialCases,
  ...routeCases,
  ...createCases,
  ...idCases,
  ...statusOnly,
  ...linked,
  ...reviewCases,
  ...stateCases,
  ...goneCases,
];
