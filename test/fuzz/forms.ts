import * as fc from "fast-check";
import { MARKER, text } from "./hostile.ts";

/** What a page may show again, as text. */
const harmless = (hostile: string): string => hostile.replaceAll(MARKER, "Shown");
export const shown: fc.Arbitrary<string> = text.map(harmless);

/** Markup of ours looks like none of these. */
export const markup = /<script|<b title|alert\(1\)</;

export interface Field {
  name: string;
  value: string;
  /** Makes it a file of a multipart form. */
  filename?: string;
}

/** A form as it is sent. */
export interface Posted {
  contentType: string;
  bytes: Buffer;
}

const allHarmless = ({ name, value, filename }: Field): Field => ({
  name: harmless(name),
  value: harmless(value),
  ...(filename !== undefined && { filename: harmless(filename) }),
});

/** All of these fields, or some of them, with fields that nobody knows or that come twice. */
export function fields(known: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Field[]> {
  const names = Object.keys(known);
  const values = fc.oneof(
    fc.record(known),
    fc.record(known, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>,
  );
  const name = fc.oneof(fc.constantFrom(...names, "__proto__", "constructor", ""), text);
  const more = fc.array(fc.record({ name, value: text }), { maxLength: 2 });
  return fc
    .tuple(values, more)
    .map(([some, others]) => [
      ...Object.entries(some).map(([name, value]) => ({ name, value })),
      ...others.map(({ name, value }) => ({ name, value: names.includes(name) ? harmless(value) : value })),
    ]);
}

export const urlencoded = (all: readonly Field[]): Posted => ({
  contentType: "application/x-www-form-urlencoded",
  bytes: Buffer.from(
    new URLSearchParams(all.map(({ name, value }): [string, string] => [name, value])).toString(),
  ),
});

/** As browsers write a name. */
const quoted = (value: string): string => value.replaceAll('"', "%22").replaceAll(/[\r\n]+/g, "%0D%0A");

export function multipart(all: readonly Field[], boundary = "fuzz"): Posted {
  const parts = all.map(({ name, value, filename }) => {
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    const file = filename === undefined ? "" : `; filename="${quoted(filename)}"\r\ncontent-type: image/png`;
    return `${head}${file}\r\n\r\n${value}\r\n`;
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.from(`${parts.join("")}--${boundary}--\r\n`, "latin1"),
  };
}

/** A form that came whole, or cut, or said to be what it is not, or with something in its middle. */
export const sentAs = (all: fc.Arbitrary<Field[]>): fc.Arbitrary<Posted> =>
  fc
    .tuple(all, fc.constantFrom(urlencoded, multipart, multipart), fc.nat(), shown, fc.nat({ max: 15 }))
    .map(([some, coding, at, hostile, how]) => {
      // Of a form whose parts run into one another, a page may show any as if it were one that it shows.
      const { contentType, bytes } = coding(how < 3 ? some.map(allHarmless) : some);
      const place = at % (bytes.length + 1);
      if (how === 0) return { contentType, bytes: bytes.subarray(0, place) };
      if (how === 1)
        return {
          contentType,
          bytes: Buffer.concat([bytes.subarray(0, place), Buffer.from(hostile), bytes.subarray(place)]),
        };
      if (how === 2) return { contentType: `${contentType}${hostile}`, bytes };
      if (how === 3) return { contentType: hostile, bytes };
      if (how === 4) return { contentType: "multipart/form-data", bytes };
      if (how === 5) return { contentType: "application/json", bytes };
      return { contentType, bytes };
    });
