import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import type { RecaptureRequest } from "../../../shared/gateway/profile.ts";
import { isAllowed } from "../../../shared/profile/lifecycle.ts";
import { change } from "../advance.ts";
import { dropCall, endCall, joinCall } from "../calls.ts";
import { decide, sendBack } from "../moves.ts";
import type { ProfileRecord } from "../profile-record.ts";
import { askedIn, recaptureConfig, refuseRecapture } from "../recapture-offer.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Form } from "./form.ts";

interface Act {
  sandbox: Sandbox;
  record: ProfileRecord;
  form: Form;
  reviewer: string;
}

/** Why a button did nothing. */
interface Problem {
  status: number;
  text: string;
}

/** Reasons, comments and remarks are kept in the profile's record, which has a size. */
export const MAX_TEXT = 500;

/** The buttons of a profile's page: what each says when it worked, and what it does. `null`: it worked. */
export const deskActs = {
  approve: {
    done: "The profile is approved.",
    run: ({ sandbox, record, reviewer }) => decided(sandbox, record, "approved", {}, reviewer),
  },
  reject: {
    done: "The profile is rejected.",
    async run({ sandbox, record, form, reviewer }) {
      const reason = form.text("reject-reason");
      if (reason === "") return { status: 422, text: "Rejecting needs a reason." };
      const description = { code: null, reason: reason.slice(0, MAX_TEXT), comments: null };
      return decided(sandbox, record, "rejected", description, reviewer);
    },
  },
  recapture: {
    done: "The profile is sent back to the customer.",
    async run({ sandbox, record, form, reviewer }) {
      const submit = recaptureOf(record, form);
      const { tasks, resources } = submit.recapture_configuration;
      if (tasks.length + resources.length === 0)
        return { status: 422, text: "Choose at least one thing to capture again." };
      return explained(
        await change(sandbox, record.profile_id, (now, moment) => {
          if (!isAllowed("submitRecapture", now.state.status)) return refusals.wrongState(now.state.status);
          const { recapture_details } = submit;
          return (
            refuseRecapture(now, submit) ??
            sendBack(now, askedIn(submit), recapture_details, reviewer, moment)
          );
        }),
      );
    },
  },
  join: {
    done: "You are in the call.",
    run: async ({ sandbox, record, reviewer }) =>
      explained(await joinCall(sandbox, record.profile_id, reviewer)),
  },
  "end-verified": {
    done: "The call has ended: verified.",
    run: (act) => ended(act, "verified"),
  },
  "end-rejected": {
    done: "The call has ended: rejected.",
    run: (act) => ended(act, "rejected"),
  },
  drop: {
    done: "You left the call.",
    run: async ({ sandbox, record }) => explained(await dropCall(sandbox, record.profile_id, "agent_drop")),
  },
} satisfies Record<string, { done: string; run: (act: Act) => Promise<Problem | null> }>;

type Changed = Awaited<ReturnType<typeof joinCall>>;

const decided = async (
  sandbox: Sandbox,
  { profile_id }: ProfileRecord,
  action: "approved" | "rejected",
  description: Parameters<typeof decide>[2],
  reviewer: string,
): Promise<Problem | null> =>
  explained(
    await change(sandbox, profile_id, (now, moment) =>
      isAllowed("completeProfile", now.state.status)
        ? decide(now, action, description, reviewer, moment)
        : refusals.wrongState(now.state.status),
    ),
  );

const ended = async (
  { sandbox, record, form }: Act,
  verdict: "verified" | "rejected",
): Promise<Problem | null> => {
  const remark = form.text("remark").slice(0, MAX_TEXT) || null;
  return explained(await endCall(sandbox, record.profile_id, { verdict, remark }));
};

/** E9's body out of the form. What was not offered stays what it is, for E9's own check to refuse. */
function recaptureOf(record: ProfileRecord, form: Form): RecaptureRequest {
  const { configuration, reasons } = recaptureConfig(record);
  const resources = form.all("resource").map(
    (asked) =>
      configuration.resources.find(({ ref_id }) => ref_id === asked) ?? {
        attr: null,
        document_type: null,
        ref_id: asked,
        resource_type: "image" as const,
      },
  );
  const tasks = form
    .all("task")
    .map(
      (asked) =>
        configuration.tasks.find(({ task_key }) => task_key === asked) ?? { task_key: asked, task_type: "" },
    );
  const reason = reasons.find((known) => known.reason === form.text("reason"));
  const comments = form.text("comments").slice(0, MAX_TEXT);
  return {
    recapture_configuration: { resources, tasks },
    recapture_details: {
      code: reason?.code ?? "",
      reason: reason?.reason ?? "",
      ...(comments !== "" && { comments }),
    },
  };
}

function explained(changed: Changed): Problem | null {
  if (changed && "record" in changed) return null;
  const { status, body }: Answer = changed?.refusal ?? refusals.unknownProfile();
  const reason = (body as { reason?: string }).reason ?? "";
  return { status, text: explanations[reason] ?? `That did not work: ${reason}.` };
}

const explanations: Readonly<Record<string, string>> = {
  INVALID_RECAPTURE_CONFIGURATION: "Something was chosen that cannot be captured again.",
  INVALID_RECAPTURE_REASON: "Choose one of the reasons.",
  COMMENTS_MANDATORY: "This reason needs comments.",
  RESOURCE_NOT_FOUND: "The profile is not there any more.",
};
