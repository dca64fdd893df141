/** Longer values, such as whole images in base64, are cut: this is for reading. */
const MAX_CHARACTERS = 200;
const MAX_ROWS = 200;

/** What the create said of the customer, as rows of names and values: `address › city` and so on. */
export function suppliedRows(request: object | null): [string, string][] {
  const { data, payload } = (request ?? {}) as { data?: unknown; payload?: unknown };
  return [...rowsOf(data, []), ...rowsOf(payload, [])].slice(0, MAX_ROWS);
}

function rowsOf(value: unknown, path: readonly string[]): [string, string][] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "object") return [[path.join(" › "), shortened(String(value))]];
  return Object.entries(value).flatMap(([key, inner]) => rowsOf(inner, [...path, nameOf(key)]));
}

/** A list's entries count from 1, fields are words. */
const nameOf = (key: string): string =>
  /^\d+$/.test(key) ? String(Number(key) + 1) : key.replaceAll("_", " ");

const shortened = (text: string): string =>
  text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)` : text;
