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
