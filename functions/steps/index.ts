import type { Step, StepName } from "../step.ts";
import { attention } from "./attention.ts";
import { close } from "./close.ts";
import { openCapture } from "./open-capture.ts";
import { purge } from "./purge.ts";
import { recapture } from "./recapture.ts";
import { retain } from "./retain.ts";
import { review } from "./review.ts";

/** Every task of the state machine, by the name of its state. */
export const steps: Record<StepName, Step> = {
  OpenCapture: openCapture,
  Review: review,
  Recapture: recapture,
  Attention: attention,
  Close: close,
  Retain: retain,
  Purge: purge,
};
