import * as fc from "fast-check";

/** In every text that is hostile: no answer, no log line and no page may carry it. */
export const MARKER = "Zq7-hostile";

/** What breaks whoever takes it for something else: markup, paths, headers, patterns, halves of characters. */
const barbs = [
  "\0",
  "\ud800",
  "\udfff\ud800",
  "\ufffe",
  "\u202e",
  "\u2028",
  "<script>alert(1)</script>",
  "<b title=\"'",
  "\r\nset-cookie: desk=1",
  "../../..",
  "/capture",
  "%00%2F%",
  "?query_type=reference_id&status_only=true#",
  "$" + "{jndi:ldap://x}",
  "{{7*7}}",
  "' OR 1=1 --",
  "é",
  "😀",
];

/** Longer than an id, a key of the table, a URL; and than an item of the table, which is rare because it takes time. */
const lengths = [41, 129, 1_025, 2_100, 20_000];
const HUGE = 450_000;

export const text: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.constantFrom(...barbs),
          fc.string({ maxLength: 8 }),
          fc.string({ unit: "binary", maxLength: 4 }),
        ),
        { maxLength: 4 },
      )
      .map((parts) => MARKER + parts.join("")),
  },
  { weight: 6, arbitrary: fc.constantFrom(...lengths).map((length) => MARKER.padEnd(length, "x")) },
  { weight: 1, arbitrary: fc.constant(MARKER.padEnd(HUGE, "x")) },
);

/** Names that objects have without having been given them, and names that our own records have. */
const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "toJSON", "then", "length"],
    ...["", "pk", "sk", "account_id", "profile_id", "reference_id", "status", "data", "config", "overrides"],
  ),
  text,
);

const depths = [20, 499, 500, 501, 2_000, 6_000, 100_000];
const nests: [open: string, close: string][] = [
  ["[", "]"],
  ['{"a":', "}"],
  ['{"tasks":[', "]}"],
];

/** Something nested, as deep as that. */
export const nested = (depth: number, [open, close]: [string, string] = ["[", "]"]): string =>
  `${open.repeat(depth)}1${close.repeat(depth)}`;

const json: fc.Arbitrary<string> = fc
  .anything({
    key: name,
    values: [text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)],
    maxDepth: 3,
    maxKeys: 4,
  })
  .map((value) => JSON.stringify(value) ?? "null");

/** The text of a JSON value that nobody expects where it stands. */
const value: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("null", "true", "0", "-1", "1.5", '""', '"x"', "[]", "{}", "[null]"),
  },
  { weight: 6, arbitrary: text.map((hostile) => JSON.stringify(hostile)) },
  { weight: 2, arbitrary: name.map((one) => JSON.stringify(one)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        "1e999",
        "-1e999",
        "1e-999",
        "-0",
        "9007199254740993",
        "123456789012345678901234567890",
        "2147483648",
      ],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      `{"__proto__":{"${MARKER}":1}}`,
      '{"constructor":{"prototype":1}}',
      // Whoever compares the length of this with a number dies of it.
      '{"length":{"toString":0}}',
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...depths), fc.constantFrom(...nests))
      .map(([depth, nest]) => nested(depth, nest)),
  },
  { weight: 3, arbitrary: json },
);

/** JSON as it is written, so that it can say what no value can: names twice, numbers that no number is. */
type Node = { text: string } | { items: Node[] } | { entries: [name: string, value: Node][] };

const nodeOf = (one: unknown): Node => {
  if (Array.isArray(one)) return { items: one.map(nodeOf) };
  if (typeof one === "object" && one !== null)
    return { entries: Object.entries(one).map(([key, inner]) => [key, nodeOf(inner)]) };
  return { text: JSON.stringify(one) ?? "null" };
};

const written = (node: Node): string => {
  if ("text" in node) return node.text;
  if ("items" in node) return `[${node.items.map(written).join(",")}]`;
  return `{${node.entries.map(([key, inner]) => `${JSON.stringify(key)}:${written(inner)}`).join(",")}}`;
};

interface Place {
  node: Node;
  put(nodes: Node[]): void;
}

/** Everything in there, in the order in which it is written, itself first. */
function placesIn(place: Place): Place[] {
  const { node } = place;
  const inside: Place[] =
    "items" in node
      ? node.items.map((item) => ({
          node: item,
          put: (nodes) => {
            node.items.splice(node.items.indexOf(item), 1, ...nodes);
          },
        }))
      : "entries" in node
        ? node.entries.map((entry) => ({
            node: entry[1],
            put: (nodes) => {
              const same = nodes.map((one): [string, Node] => [entry[0], one]);
              node.entries.splice(node.entries.indexOf(entry), 1, ...same);
            },
          }))
        : [];
  return [place, ...inside.flatMap(placesIn)];
}

interface Change {
  /** Which of all places, counted round and round. */
  at: number;
  how: "replace" | "remove" | "add" | "again" | "many";
  name: string;
  value: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 10_000 }),
  how: fc.constantFrom("replace", "replace", "replace", "remove", "add", "add", "again", "many"),
  name,
  value,
});

/** So often, but not so often that no HTTP API would take it (in characters). */
const MANY = 40;
const MOST = 1_000_000;
const timesIn = (root: Node): number => Math.min(MANY, Math.ceil(MOST / written(root).length));

function changed(valid: unknown, changes: readonly Change[]): string {
  let root = nodeOf(valid);
  const whole = (): Place => ({
    node: root,
    put: ([node]) => {
      root = node ?? { text: "" };
    },
  });
  for (const { at, how, name, value } of changes) {
    const places = placesIn(whole());
    const { node, put } = places[at % places.length] ?? whole();
    const other: Node = { text: value };
    if (how === "remove") put([]);
    else if (how === "again") put([node, other]);
    else if (how === "many") put(Array.from({ length: timesIn(root) }, () => structuredClone(node)));
    else if (how === "add" && "entries" in node) node.entries.push([name, other]);
    else if (how === "add" && "items" in node) node.items.push(other);
    else put([other]);
  }
  return written(root);
}

/** Valid JSON with one to three things wrong in it, valid JSON, JSON of any kind, and no JSON at all. */
export const jsonLike = (valid: readonly unknown[]): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom(...valid), fc.array(change, { minLength: 1, maxLength: 3 }))
        .map(([one, changes]) => changed(one, changes)),
    },
    { weight: 2, arbitrary: fc.constantFrom(...valid).map((one) => JSON.stringify(one)) },
    { weight: 3, arbitrary: value },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );

/** A body in the event of an HTTP API. */
export interface Sent {
  body?: string;
  isBase64Encoded: boolean;
}

export const sent = (valid: readonly unknown[]): fc.Arbitrary<Sent> =>
  fc.oneof(
    { weight: 16, arbitrary: jsonLike(valid).map((body) => ({ body, isBase64Encoded: false })) },
    {
      weight: 2,
      arbitrary: jsonLike(valid).map((body) => ({
        body: Buffer.from(body).toString("base64"),
        isBase64Encoded: true,
      })),
    },
    {
      weight: 1,
      arbitrary: fc.uint8Array().map((bytes) => ({
        body: Buffer.from(bytes).toString("base64"),
        isBase64Encoded: true,
      })),
    },
    { weight: 1, arbitrary: text.map((body) => ({ body, isBase64Encoded: true })) },
    { weight: 1, arbitrary: fc.constant({ isBase64Encoded: false }) },
  );

/** Ids that are known, almost known, and not ids. */
export const id = (known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...known) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...known), fc.constantFrom("/", "\0", " ", "%00", "/capture", "x", "\ud800"))
        .map(([one, more]) => one + more),
    },
    { weight: 2, arbitrary: fc.constantFrom("", ".", "..", "__proto__", "constructor", "null", "undefined") },
    { weight: 6, arbitrary: text },
  );

export type Query = Record<string, string> | undefined;

export const query: fc.Arbitrary<Query> = fc.option(
  fc.oneof(
    fc.dictionary(
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("query_type", "query_type", "status_only", "__proto__") },
        { weight: 1, arbitrary: text },
      ),
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("profile_id", "reference_id", "reference_id", "true", "") },
        { weight: 1, arbitrary: text },
      ),
      { maxKeys: 3 },
    ),
    fc.dictionary(
      fc.oneof(
        {
          weight: 8,
          arbitrary: fc.constantFrom("status", "stuck", "older_than", "limit", "next", "__proto__"),
        },
        { weight: 1, arbitrary: text },
      ),
      fc.oneof(
        {
          weight: 8,
          arbitrary: fc.constantFrom("pending", "true", "2d", "7", "-1", "1e400", "A".repeat(700)),
        },
        { weight: 1, arbitrary: text },
      ),
      { maxKeys: 4 },
    ),
  ),
  { nil: undefined, freq: 2 },
);
