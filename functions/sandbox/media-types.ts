/** The kinds of file that customers hand in, each recognised by how it begins. What a browser says of it is not asked. */
export const mediaTypes = {
  image: ["image/png", "image/jpeg", "image/webp"],
  video: ["video/mp4", "video/webm"],
} as const;
export type MediaKind = keyof typeof mediaTypes;
export type MediaType = (typeof mediaTypes)[MediaKind][number];

const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const EBML = Buffer.from([0x1a, 0x45, 0xdf, 0xa3]);

/** Pictures are kept in the same container as films: its brand tells them apart. */
const FILM_BRANDS = /^(iso[m\d]|mp4[12]|avc1|M4V[ HP]|MSNV|dash|3g[a-z\d]{2}|mmp4)/;

/** What a file is, or `null` for anything that is not taken. */
export function mediaTypeOf(bytes: Buffer): MediaType | null {
  const text = (from: number, to: number) => bytes.toString("latin1", from, to);
  if (bytes.subarray(0, PNG.length).equals(PNG)) return "image/png";
  if (bytes.subarray(0, JPEG.length).equals(JPEG)) return "image/jpeg";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  if (bytes.subarray(0, EBML.length).equals(EBML) && text(0, 64).includes("webm")) return "video/webm";
  if (text(4, 8) === "ftyp" && FILM_BRANDS.test(text(8, 12))) return "video/mp4";
  return null;
}
