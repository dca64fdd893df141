/** The tasks of every sandbox workflow, and what they work on; E8 offers the same. */
export const sandboxTasks = [
  { key: "fiv_check", task_type: "validate.face_liveness", resources: ["nil.selfie.nil.1.nil"] },
  {
    key: "self_video.capture_and_verify",
    task_type: "self_video.capture_and_verify",
    resources: ["nil.nil.self.1.nil"],
  },
] as const;
