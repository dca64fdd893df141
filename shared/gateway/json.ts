/** Deeper than any body that makes sense, and far from the depth at which the stack of whoever walks it ends. */
export const MAX_DEPTH = 500;

/**
 * Parses JSON in UTF-8; `null` for what is none. The parser's own error quotes the text, which may be personal or
 * secret: it goes no further than this.
 */
export function parseJson(text: string | Uint8Array): { value: unknown } | null {
  try {
    const decoded = typeof text === "string" ? text : new TextDecoder("utf-8", { fatal: true }).decode(text);
    return { value: JSON.parse(decoded) };
  } catch {
    return null;
  }
}

/** Whether a value is nested deeper than {@link MAX_DEPTH}: schemas and `JSON.stringify` may not survive that. */
export function isTooDeep(value: unknown): boolean {
  let depth = 0;
  for (const _ of levelsOf(value)) if (depth++ > MAX_DEPTH) return true;
  return false;
}

/**
 * Why JSON that was parsed cannot be handed on as it is, or `null`. Says nothing of what is in it. What `JSON.parse`
 * lets through has no canonical form (halves of characters) or becomes `null` in the next hand (numbers out of range).
 */
export function jsonProblem(value: unknown): string | null {
  let depth = 0;
  for (const level of levelsOf(value)) {
    if (depth++ > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
    for (const one of level) {
      if (typeof one === "string" && !one.isWellFormed()) return "a text in it is not Unicode";
      if (typeof one === "number" && !Number.isFinite(one)) return "a number in it is out of range";
    }
  }
  return null;
}

/** The value, then all that is in it, names too, then all that is in that. A loop: the stack is what must not end. */
function* levelsOf(value: unknown): Generator<readonly unknown[], void, void> {
  for (let level = [value]; level.length > 0; ) {
    yield level;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      if (Array.isArray(one)) for (const inner of one) next.push(inner);
      else for (const name of Object.keys(one)) next.push(name, (one as Record<string, unknown>)[name]);
    }
    level = next;
  }
}
