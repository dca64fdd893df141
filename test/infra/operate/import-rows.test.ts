import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type ImportRow, linesOf, type ReadOptions, readRows } from "../../../infra/operate/import-rows.ts";
import { fullCreateRequest } from "../../shared/gateway/full-request.ts";

const folder = mkdtempSync(join(tmpdir(), "onboarding-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function rowsOf(
  name: string,
  content: string | Buffer,
  options: ReadOptions = {},
): Promise<ImportRow[]> {
  const file = join(folder, name);
  writeFileSync(file, content);
  return allOf(readRows(file, options));
}
const csv = (...lines: string[]) => rowsOf("rows.csv", lines.join("\n"), { configId: "config-1" });
const jsonl = (...lines: unknown[]) =>
  rowsOf(
    "rows.jsonl",
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
const requestsOf = (rows: ImportRow[]) => rows.map((row) => ("request" in row ? row.request : row));
const problemsOf = (rows: ImportRow[]) =>
  rows.map((row) => ("problem" in row ? [row.row, row.problem] : [row.row, "good"]));

/** A request as a header and the cells below it: a leaf a column. */
function flat(value: unknown, path = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path ? `${path}.${name}` : name));
}

describe("a row of CSV", () => {
  test("can say everything that a create can", async () => {
    const request = fullCreateRequest("order-1", "config-1");
    const cells = flat(request);
    const text = stringify([cells.map(([name]) => name), cells.map(([, cell]) => cell)]);
    // A cell cannot say whether it is a number; the provider's own documentation does not know either.
    const { data } = request;
    const aadhaar = { ...data?.ind_aadhaar_qr_details, id_number: "0" };
    expect(requestsOf(await rowsOf("full.csv", text))).toEqual([
      { ...request, data: { ...data, ind_aadhaar_qr_details: aadhaar } },
    ]);
  });

  const cell = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom('"', ",", "\n", "\r", ";", " ", "=", "'", "é", "𝒳", "0"),
      minLength: 1,
    }),
  );
  const some = (inner: fc.Arbitrary<string>) => fc.option(inner, { nil: undefined });
  const customer = fc.record({
    reference_id: fc.stringMatching(/^[A-Za-z0-9._~@+=-]{3,40}$/),
    "data.name.first_name": some(cell),
    "data.name.last_name": some(cell),
    "data.email_ids.0": some(cell),
    "data.mobile_numbers.0": some(cell),
    "data.mobile_numbers.1": some(cell),
    "data.addresses.0.city": some(cell),
    "data.addresses.0.type": some(fc.constantFrom("permanent", "other")),
    "data.addresses.1.city": some(cell),
    "data.ind_pan_details.id_number": some(cell),
    "config.overrides.video_kyc_priority": some(fc.integer().map(String)),
  });
  const written = fc.record({
    bom: fc.constantFrom("", "\ufeff"),
    record_delimiter: fc.constantFrom("\n", "\r\n", "\r"),
    quoted: fc.boolean(),
    order: fc.constantFrom("as they are", "reversed"),
  });

  test("is the request that was written, whatever is in its cells and however they are quoted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(customer, {
          selector: ({ reference_id }) => reference_id,
          minLength: 1,
          maxLength: 6,
        }),
        written,
        async (customers, { bom, order, ...format }) => {
          const names = Object.keys(customers[0] ?? {}) as (keyof (typeof customers)[number])[];
          if (order === "reversed") names.reverse();
          const lines = customers.map((one) => names.map((name) => one[name] ?? ""));
          const text = bom + stringify([names, ...lines], { ...format, quoted_match: /[\r\n]/ });
          const list = (...of: unknown[]) => {
            const present = of.filter((one) => one !== undefined);
            return present.length > 0 ? present : undefined;
          };
          const group = (of: object) => (Object.values(of).some((one) => one !== undefined) ? of : undefined);
          const expected = customers.map((one) => ({
            reference_id: one.reference_id,
            config: {
              id: "config-1",
              overrides: group({
                video_kyc_priority:
                  one["config.overrides.video_kyc_priority"] &&
                  Number(one["config.overrides.video_kyc_priority"]),
              }),
            },
            data: group({
              name: group({ first_name: one["data.name.first_name"], last_name: one["data.name.last_name"] }),
              email_ids: list(one["data.email_ids.0"]),
              mobile_numbers: list(one["data.mobile_numbers.0"], one["data.mobile_numbers.1"]),
              addresses: list(
                group({ city: one["data.addresses.0.city"], type: one["data.addresses.0.type"] }),
                group({ city: one["data.addresses.1.city"] }),
              ),
              ind_pan_details: group({ id_number: one["data.ind_pan_details.id_number"] }),
            }),
          }));
          const rows = await rowsOf("property.csv", text, { configId: "config-1" });
          const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
          expect(requestsOf(rows)).toEqual(asJson(expected));
          expect(rows.map(({ row }) => row)).toEqual(customers.map((_, index) => index + 2));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is numbered as a spreadsheet numbers it, and passed over when it is blank", async () => {
    const rows = await csv("reference_id,group_id", 'one,"two\nlines"', "", ",", "two,", "three,x");
    expect(rows.map(({ row }) => row)).toEqual([2, 5, 6]);
  });

  test("may have any cell but one more or one less than the header", async () => {
    expect(
      problemsOf(
        await csv("reference_id,group_id,", "one,a,", "two,b", "three,c,,", "four,d,,e", "five,f,g"),
      ),
    ).toEqual([
      [2, "good"],
      [3, "has 2 cells where the first row has 3"],
      [4, "good"],
      [5, "has something in column 4, which has no name"],
      [6, "has something in column 3, which has no name"],
    ]);
  });

  test("that is wrong is told by its field, and what is in it is told nowhere", async () => {
    const secret = "Secret-Example";
    const rows = await csv(
      "reference_id,config_id,data.addresses.0.type,config.overrides.video_kyc_priority,data.videos.0.value,data.name.first_name",
      `${secret} order,,,,,`,
      `,,,,,${secret}`,
      `one,,${secret},,,`,
      `two,,,${secret},,`,
      `three,,,,${secret},`,
      `four,${secret.repeat(20)},,,,`,
      `..,,,,,${secret}`,
    );
    expect(problemsOf(rows)).toEqual([
      [2, "reference_id: up to 128 of A-Z a-z 0-9 . _ ~ @ + = -, and neither . nor .."],
      [3, "reference_id: is required"],
      [4, "data.addresses.0.type: expected permanent, current, correspondence or other"],
      [5, "config.overrides.video_kyc_priority: Invalid input: expected number, received string"],
      [6, expect.stringMatching(/^data\.videos\.0\.type: /)],
      [7, "config.id: must be at most 128 characters long"],
      [8, "reference_id: up to 128 of A-Z a-z 0-9 . _ ~ @ + = -, and neither . nor .."],
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(rows.map((row) => "problem" in row && row.reference_id)).toEqual([
      undefined,
      undefined,
      "one",
      "two",
      "three",
      "four",
      undefined,
    ]);
  });
});

describe("a reference that comes twice", () => {
  test("is good the first time and names that row the second time", async () => {
    expect(problemsOf(await csv("reference_id", "one", "two", "one", "one"))).toEqual([
      [2, "good"],
      [3, "good"],
      [4, "row 2 has the same reference_id"],
      [5, "row 2 has the same reference_id"],
    ]);
  });

  test("is good the second time if the first row is not", async () => {
    expect(problemsOf(await csv("reference_id,data.addresses.0.type", "one,moon", "one,other"))).toEqual([
      [2, expect.stringContaining("data.addresses.0.type")],
      [3, "good"],
    ]);
  });
});

describe("a workflow for rows that name none", () => {
  const at = (body: object) => ({ reference_id: "one", ...body });
  test.each([
    [at({}), at({ config: { id: "usual" } })],
    [at({ config: {} }), at({ config: { id: "usual" } })],
    [at({ config: { overrides: null } }), at({ config: { overrides: null, id: "usual" } })],
    [at({ config: { id: "own" } }), at({ config: { id: "own" } })],
  ])("%j", async (body, expected) => {
    expect(requestsOf(await rowsOf("one.jsonl", JSON.stringify(body), { configId: "usual" }))).toEqual([
      expected,
    ]);
  });

  test.each([at({ config: null }), at({ config: "x" }), [], "text", 3, null])(
    "does not mend %j",
    async (body) => {
      const [row] = await rowsOf("one.jsonl", JSON.stringify(body), { configId: "usual" });
      expect(row).toHaveProperty("problem");
    },
  );
});

describe("a line of JSON", () => {
  test("is the request that is in it, with all that nobody knows", async () => {
    const request = { ...fullCreateRequest("one", "config-1"), agreed: { "with the provider": [1, null] } };
    expect(requestsOf(await jsonl(request, "", "  "))).toEqual([request]);
  });

  test("that is wrong is told by its number and its field", async () => {
    const rows = await jsonl(
      { reference_id: "one" },
      "",
      '{"reference_id":"two","data":"Secret-Example}',
      "[]",
      { reference_id: "three", config: { id: "c" }, data: { email_ids: "Secret-Example" } },
      '{"reference_id":"four","config":{"id":"c"},"group_id":"\\ud800"}',
      `{"reference_id":"five","config":{"id":"c"},"x":${"[".repeat(600)}${"]".repeat(600)}}`,
      '{"reference_id":"six","config":{"id":{"length":{"toString":0}}}}',
    );
    expect(problemsOf(rows)).toEqual([
      [1, "config: is required"],
      [3, "is no JSON"],
      [4, "body: Invalid input: expected object, received array"],
      [5, "data.email_ids: Invalid input: expected array, received string"],
      [6, "a text in it is not Unicode"],
      [7, "nested deeper than 500 levels"],
      [8, expect.stringMatching(/^(config\.id|body): /)],
    ]);
    expect(JSON.stringify(rows)).not.toContain("Secret-Example");
  });

  test("ends as Windows ends it, and the last one with the file", async () => {
    const line = (reference_id: string) => JSON.stringify({ reference_id, config: { id: "c" } });
    const rows = await rowsOf("windows.jsonl", `\ufeff${line("one")}\r\n\r\n${line("two")}`);
    expect(problemsOf(rows)).toEqual([
      [1, "good"],
      [3, "good"],
    ]);
  });
});

describe("a file that is wrong as a whole is refused before any row is sent", () => {
  test.each<[string, string, string | Buffer, RegExp]>([
    ["another ending", "rows.xlsx", "PK", /named \.csv or \.jsonl/],
    ["nothing in it", "rows.csv", "", /is empty/],
    ["no header", "rows.csv", "order-1,Secret-Example\n", /the first row must name the columns/],
    [
      "semicolons",
      "rows.csv",
      "reference_id;config_id\n1;c\n",
      /the first row must name the columns.*commas/,
    ],
    [
      "an unknown column",
      "rows.csv",
      "reference_id,name\n1,x\n",
      /column 2 \("name"\) is no field of a request/,
    ],
    [
      "an object for a column",
      "rows.csv",
      "reference_id,data.name\n",
      /column 2 \("data\.name"\) is no field/,
    ],
    [
      "a list for a column",
      "rows.csv",
      "reference_id,data.email_ids\n",
      /column 2 .* data\.mobile_numbers\.0/,
    ],
    ["an index beyond all lists", "rows.csv", "reference_id,data.email_ids.100\n", /column 2 .* is no field/],
    ["a prototype for a column", "rows.csv", "reference_id,data.__proto__.x\n", /column 2 .* is no field/],
    [
      "a column twice",
      "rows.csv",
      "reference_id,config_id,config.id\n",
      /column 2 .* same field as column 3/,
    ],
    [
      "a column within another",
      "rows.csv",
      "reference_id,data.addresses.0.type,data.addresses.0.type.0\n",
      /column 3 .* same field as column 2/,
    ],
    ["no workflow at all", "rows.csv", "reference_id\n1\n", /no column config_id.*--config-id/],
    ["Latin-1", "rows.csv", Buffer.from("reference_id,config_id\nJosé,c\n", "latin1"), /not in UTF-8/],
    ["UTF-16", "rows.jsonl", Buffer.from("\ufeff{}", "utf16le"), /not in UTF-8/],
    ["a character cut off at its end", "rows.jsonl", Buffer.from("{}é").subarray(0, -1), /not in UTF-8/],
    [
      "a quote that never ends",
      "rows.csv",
      'reference_id,config_id\n1,c\n2,"Secret-Example\n3,c\n',
      /row 3 .*never ends/,
    ],
    [
      "a quote inside a cell",
      "rows.csv",
      'reference_id,config_id\n1,c\n2,Secret "Example"\n',
      /row 3 .* quote inside a cell/,
    ],
    [
      "something after a quote",
      "rows.csv",
      'reference_id,config_id\n"1"Secret-Example,c\n',
      /row 2 .*closing quote/,
    ],
    [
      "a row that is too long",
      "rows.csv",
      `reference_id,config_id\n1,"${"x".repeat(5_000_000)}"`,
      /row 2 .*4 MiB/,
    ],
    ["a line that is too long", "rows.jsonl", `{}\n${" ".repeat(5_000_000)}`, /line 2 is longer than 4 MiB/],
  ])("%s", async (_name, file, content, message) => {
    const refusal = await rowsOf(file, content).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "CommandFailed", message: expect.stringMatching(message) });
    expect(String(refusal)).not.toContain("Secret");
  });

  test("one that is not there", async () => {
    await expect(allOf(readRows(join(folder, "nowhere.csv")))).rejects.toThrow("ENOENT");
    await expect(allOf(readRows(join(folder, "nowhere.jsonl")))).rejects.toThrow("ENOENT");
  });
});

test("the example of docs/operate.md is a good file", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/operate.md"), "utf8");
  const [, example = ""] = page.match(/^```csv\n([\s\S]*?)^```$/m) ?? [];
  expect(requestsOf(await rowsOf("example.csv", example))).toEqual([
    {
      reference_id: "order-1042",
      config: { id: "5a17d0b0-0000-4000-8000-000000000001" },
      data: {
        name: { first_name: "Sample" },
        mobile_numbers: ["0000000000"],
        addresses: [{ city: "Example City" }],
      },
    },
  ]);
});

test("reading can stop anywhere without an error", async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `order-${index},c`).join("\n");
  for (const [name, content] of [
    ["many.csv", `reference_id,config_id\n${many}`],
    ["many.jsonl", many.replaceAll(/^(.*),c$/gm, '{"reference_id":"$1","config":{"id":"c"}}')],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, content);
    let read = 0;
    for await (const row of readRows(file)) {
      expect(row).toHaveProperty("request");
      if (++read === 5_000) break;
    }
    expect(read).toBe(5_000);
  }
});

test("lines are the same wherever their pieces end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom("a", "\n", "é") })), async (pieces) => {
      const text = (async function* () {
        yield* pieces;
      })();
      const lines = await allOf(linesOf(text));
      expect(lines.map(({ line, ended }) => line + (ended ? "\n" : "")).join("")).toBe(pieces.join(""));
      expect(lines.every(({ line, ended }) => !line.includes("\n") && (ended || line !== ""))).toBe(true);
    }),
  );
});
