/** Longer names and values, such as whole images in base64, are cut: this is for reading. */
const MAX_CHARACTERS = 200;
const MAX_ROWS = 200;
/** What lies deeper is only said to be there. */
const MAX_DEPTH = 20;

/** What the create said of the customer, as rows of names and values: `address › city` and so on. */
export function suppliedRows(request: object | null): [string, string][] {
  const { data, payload } = (request ?? {}) as { data?: unknown; payload?: unknown };
  const rows: [string, string][] = [];
  for (const supplied of [data, payload])
    for (const row of rowsOf(supplied, [])) if (rows.push(row) === MAX_ROWS) return rows;
  return rows;
}

/** Row by row: all rows of a request of some megabytes, each with its name, may need more memory than there is. */
function* rowsOf(value: unknown, path: readonly string[]): Generator<[string, string], void, void> {
  if (value === null || value === undefined || value === "") return;
  if (typeof value !== "object") yield [nameOf(path), shortened(String(value))];
  else if (path.length === MAX_DEPTH) yield [nameOf(path), "… (goes deeper)"];
  else for (const [key, inner] of entriesOf(value)) yield* rowsOf(inner, [...path, wordsOf(key)]);
}

const entriesOf = (value: object): Iterable<[string | number, unknown]> =>
  Array.isArray(value) ? value.entries() : Object.entries(value);

const nameOf = (path: readonly string[]): string => shortened(path.join(" › "));

/** A list's entries count from 1, fields are words. */
const wordsOf = (key: string | number): string =>
  typeof key === "number" ? String(key + 1) : shortened(key.replaceAll("_", " "));

const shortened = (text: string): string =>
  text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)` : text;
