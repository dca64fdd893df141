import * as z from "zod";

/**
 * What a schema makes of JSON that anybody may have sent. The library compares the `length` of whatever stands where a
 * text or a list is expected, and dies of `{"length":{"toString":0}}`: that body is wrong, and nobody's fault.
 */
export function checkBody<Body>(schema: z.ZodType<Body>, body: unknown): z.ZodSafeParseResult<Body> {
  try {
    return schema.safeParse(body);
  } catch {
    const message = "a field is of another type";
    const error = new z.ZodError([{ code: "custom", path: [], message, input: undefined }]);
    return { success: false, error: error as z.ZodError<Body> };
  }
}
