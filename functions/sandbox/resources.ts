import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { Resource } from "../../shared/gateway/profile.ts";
import type { ShownCapture } from "./captures.ts";
import type { MediaKind } from "./media-types.ts";

/** The four collections of contract §4.1. */
export type Resources = {
  documents: Resource[];
  images: Resource[];
  videos: Resource[];
  text: Resource[];
};
export const noResources = (): Resources => ({ documents: [], images: [], videos: [], text: [] });

type Data = NonNullable<CreateRequest["data"]>;
type IdDocument = Record<string, unknown>;

/** Sources of contract §7.10: what the caller sent, what the customer captured, what a video call recorded. */
const CALLER = 0;
const CUSTOMER = 1;
const ASSISTED_CALL = 2;

const segment = (text: string | null): string => (text ?? "nil").replace(/[^A-Za-z0-9_-]+/g, "_") || "nil";

/** Grammar of contract §7.9. */
const refId = (
  scope: string,
  type: string | null,
  attr: string | null,
  source: number,
  page: string | null,
) => [segment(scope), segment(type), segment(attr), source, segment(page)].join(".");

function resource(
  [scope, type, attr, page]: [string, string | null, string | null, string | null],
  source: number,
  value: Resource["value"],
): Resource {
  const ref_id = refId(scope, type, attr, source, page);
  return { attr, metadata: {}, ref_id, source, tags: page === null ? null : [page], type, value };
}

const idDocuments = {
  ind_aadhaar_details: "ind_aadhaar",
  ind_aadhaar_otp_details: "ind_aadhaar_otp",
  ind_aadhaar_xml_details: "ind_aadhaar_xml",
  ind_aadhaar_qr_details: "ind_aadhaar_qr",
  ind_nsdl_details: "ind_nsdl",
  ind_pan_details: "ind_pan",
  ind_driving_license_details: "ind_driving_license",
  ind_voter_id_details: "ind_voter_id",
  ind_passport_details: "ind_passport",
} as const satisfies Partial<Record<keyof Data, string>>;

/** What the create brought, as resources with source 0. */
export function suppliedResources(data: Data): Resources {
  const found = noResources();
  const text = (type: string | null, attr: string, value: unknown) => {
    if (value === undefined || value === null) return;
    const plain = typeof value === "object" ? { ...value } : String(value);
    found.text.push(resource(["nil", type, attr, null], CALLER, plain));
  };
  const image = (type: string, page: string | null, value: unknown) => {
    if (typeof value === "string") found.images.push(resource(["nil", type, null, page], CALLER, value));
  };
  text(null, "name", data.name);
  text(null, "company_name", data.company_name);
  text(null, "dob", data.dob);
  for (const address of data.addresses ?? []) text(null, "address", address);
  for (const [key, type] of Object.entries(idDocuments)) {
    const details = data[key as keyof typeof idDocuments] as IdDocument | undefined;
    if (!details) continue;
    image(type, "front", details["document_1"]);
    image(type, "back", details["document_2"]);
    for (const attr of ["id_number", "name", "nsdl_name", "fathers_name", "dob", "gender", "address"])
      text(type, attr, details[attr]);
  }
  for (const selfie of data.selfies ?? []) image("selfie", null, selfie);
  for (const signature of data.wet_signatures ?? []) image("wet_signature", null, signature);
  for (const { type, value } of data.videos ?? [])
    found.videos.push(resource(["nil", null, type, null], CALLER, value));
  for (const { category, page, type, value } of data.additional_details ?? []) {
    const collection = { image: "images", video: "videos", document: "documents", text: "text" } as const;
    found[collection[type]].push(resource(["dynamic", category, null, page], CALLER, value));
  }
  return found;
}

/** What the customer captured, and what was read off the document. `urlOf` gives an artifact's short-lived URL. */
export function capturedResources(
  captured: readonly ShownCapture[],
  urlOf: (artifact: string) => string,
): Resources {
  const of = (kind: MediaKind) =>
    captured
      .filter(({ item }) => item.kind === kind)
      .map(({ item, artifact }) => resource(item.parts, CUSTOMER, urlOf(artifact)));
  return {
    documents: [],
    images: of("image"),
    videos: of("video").map((video) => ({ ...video, metadata: { offset: 0 } })),
    text: [resource(["nil", "ind_pan", "id_number", null], CUSTOMER, "AAAAA0000A")],
  };
}

/** What a video call leaves: both of its sides. */
export const calledResources = (urlOf: (artifact: string) => string): Resources => ({
  ...noResources(),
  videos: (["agent", "customer"] as const).map((side) => ({
    ...resource(["nil", null, side, null], ASSISTED_CALL, urlOf(`${side}.png`)),
    metadata: { offset: 0 },
  })),
});

export const merge = (first: Resources, second: Resources): Resources => ({
  documents: [...first.documents, ...second.documents],
  images: [...first.images, ...second.images],
  videos: [...first.videos, ...second.videos],
  text: [...first.text, ...second.text],
});
