const units: readonly [name: string, milliseconds: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** A span of time to read at a glance, rounded down to its two largest units: `13 d 22 h`, `5 min`, `0 s`. */
export function duration(milliseconds: number): string {
  const first = units.findIndex(([, size]) => Math.abs(milliseconds) >= size);
  if (first < 0) return "0 s";
  let left = Math.abs(milliseconds);
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? `${count} ${name}` : "";
  });
  return parts.filter(Boolean).join(" ");
}
