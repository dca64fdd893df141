import type { MediaKind } from "./media-types.ts";
import type { Capture, ProfileRecord, ProfileState } from "./profile-record.ts";
import type { SampleName } from "./samples.ts";
import { sandboxTasks } from "./sandbox-tasks.ts";

/** Something that a customer can be asked to capture. */
export interface CaptureItem {
  ref_id: string;
  /** Scope, document type, attribute and page: the parts of its `ref_id` (contract §7.9). */
  parts: [string, string | null, string | null, string | null];
  kind: MediaKind;
  label: string;
  hint: string;
  camera: "user" | "environment";
  sample: SampleName;
  /** Part of every journey's first round; the others come up only when a reviewer asks. */
  usual: boolean;
}

/** Everything that E8 offers to ask for again, in the order in which the capture page shows it. */
export const captureItems: readonly CaptureItem[] = [
  {
    ref_id: "nil.selfie.nil.1.nil",
    parts: ["nil", "selfie", null, null],
    kind: "image",
    label: "Selfie",
    hint: "Your face from the front, in good light, with nothing covering it.",
    camera: "user",
    sample: "selfie.png",
    usual: true,
  },
  {
    ref_id: "nil.ind_pan.nil.1.front",
    parts: ["nil", "ind_pan", null, "front"],
    kind: "image",
    label: "Front of your document",
    hint: "The whole card, flat and sharp, with every line readable.",
    camera: "environment",
    sample: "ind_pan-front.png",
    usual: true,
  },
  {
    ref_id: "nil.nil.self.1.nil",
    parts: ["nil", null, "self", null],
    kind: "video",
    label: "Short video of yourself",
    hint: "A few seconds are enough: look into the camera and turn your head once.",
    camera: "user",
    sample: "self.png",
    usual: true,
  },
  {
    ref_id: "exterior1.nil.nil.1.nil",
    parts: ["exterior1", null, null, null],
    kind: "image",
    label: "Your business from outside",
    hint: "The entrance with its name, seen from the street.",
    camera: "environment",
    sample: "exterior1.png",
    usual: false,
  },
];

/** What this round of the customer's journey asks for: everything usual at first, later what was sent back. */
export function askedItems({ asked }: ProfileRecord, { captures }: ProfileState): readonly CaptureItem[] {
  if (captures === 0 || !asked) return captureItems.filter(({ usual }) => usual);
  const tasks = sandboxTasks.filter(({ key }) => asked.task_keys.includes(key));
  const refIds: string[] = [...asked.ref_ids, ...tasks.flatMap(({ resources }) => resources)];
  return captureItems.filter(({ ref_id }) => refIds.includes(ref_id));
}

/** What somebody captured of an item in this round, if anybody did. */
export const captureOf = (
  { captured = [] }: ProfileRecord,
  { captures }: ProfileState,
  { ref_id }: CaptureItem,
): Capture | undefined => captured.find((one) => one.ref_id === ref_id && one.round === captures);

export const missingItems = (record: ProfileRecord, state: ProfileState): readonly CaptureItem[] =>
  askedItems(record, state).filter((item) => !captureOf(record, state, item));

/** The profile with a capture of this round; an earlier one of the same item gives way. */
export function withCapture(record: ProfileRecord, capture: Omit<Capture, "round">): ProfileRecord {
  const round = record.state.captures;
  const others = (record.captured ?? []).filter(
    (one) => one.ref_id !== capture.ref_id || one.round !== round,
  );
  return { ...record, captured: [...others, { ...capture, round }] };
}

/** What somebody captured in the round that is not finished yet. */
export const openCaptures = (record: ProfileRecord, state: ProfileState): ShownCapture[] =>
  captureItems.flatMap((item) => {
    const capture = captureOf(record, state, item);
    return capture ? [shown(item, capture)] : [];
  });

/** One item as it can be looked at. */
export interface ShownCapture {
  item: CaptureItem;
  /** Names its bytes in artifact URLs. */
  artifact: string;
  content_type: string;
}

/** The newest that somebody captured of each item, or else the sample that a scripted customer stands for. */
export function finishedCaptures(
  { captured = [] }: ProfileRecord,
  { captures }: ProfileState,
): ShownCapture[] {
  if (captures === 0) return [];
  return captureItems.flatMap((item) => {
    const newest = captured
      .filter(({ ref_id, round }) => ref_id === item.ref_id && round < captures)
      .sort((one, other) => other.round - one.round)[0];
    return newest || item.usual ? [shown(item, newest ?? { upload: null, content_type: "image/png" })] : [];
  });
}

const shown = (
  item: CaptureItem,
  { upload, content_type }: Pick<Capture, "upload" | "content_type">,
): ShownCapture => ({ item, artifact: upload ?? item.sample, content_type });
