/** What would steer a terminal, begin a line of its own or turn a text around. */
const steering = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const codeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A line with text that others typed, as a terminal may have it: what would steer it is shown by its code. */
export const printable = (line: string): string => line.replaceAll(steering, codeOf);

/** Prints lines for people. */
export function printLines(lines: Iterable<string>): void {
  for (const line of lines) console.log(printable(line));
}

/** Prints a value for programs: JSON of the same data, which a terminal may have as well. */
export const printJson = (value: unknown): void =>
  console.log(JSON.stringify(value, null, 2).split("\n").map(printable).join("\n"));

/** A count as people read it: 12,345. */
export const count = (number: number): string => number.toLocaleString("en");
