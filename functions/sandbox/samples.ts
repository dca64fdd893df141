import { crc32, deflateSync } from "node:zlib";
import { once } from "../environment.ts";

const WIDTH = 320;
const HEIGHT = 240;

/** Paper, ink, shade, accent. */
const PALETTE = Buffer.from("e9edf245556ab4bfcc2f6f9f", "hex");
const [PAPER, INK, SHADE, ACCENT] = [0, 1, 2, 3] as const;

/** The colour at a place, from 0 to 1 across and 0 to 1 down. */
type Drawing = (x: number, y: number) => number;

const within = (x: number, y: number, left: number, top: number, right: number, bottom: number): boolean =>
  x >= left && x < right && y >= top && y < bottom;
const round = (x: number, y: number, radius: number, wide = 1): boolean =>
  ((x * WIDTH) / HEIGHT / wide) ** 2 + y ** 2 < radius ** 2;

const face: Drawing = (x, y) => {
  if (round(x - 0.5, y - 0.4, 0.2)) return INK;
  return round(x - 0.5, y - 1.05, 0.38, 1.2) ? ACCENT : PAPER;
};
const card: Drawing = (x, y) => {
  if (!within(x, y, 0.1, 0.15, 0.9, 0.85)) return SHADE;
  if (within(x, y, 0.16, 0.3, 0.36, 0.7)) return face((x - 0.16) / 0.2, (y - 0.3) / 0.4) || SHADE;
  if (within(x, y, 0.1, 0.15, 0.9, 0.24)) return ACCENT;
  const line = within(x, y, 0.42, 0.34, 0.84, 0.7) && (y - 0.34) % 0.12 < 0.05;
  return line ? INK : PAPER;
};
const film: Drawing = (x, y) => {
  const [across, down] = [x - 0.42, Math.abs(y - 0.5)];
  if (across > 0 && across < 0.2 && down < (0.2 - across) * 0.9) return PAPER;
  return y < 0.1 || y > 0.9 ? (Math.floor(x * 16) % 2 === 0 ? SHADE : INK) : INK;
};
const shop: Drawing = (x, y) => {
  if (within(x, y, 0.15, 0.25, 0.85, 0.4)) return Math.floor(x * 20) % 2 === 0 ? ACCENT : PAPER;
  if (within(x, y, 0.58, 0.5, 0.74, 0.85)) return ACCENT;
  if (within(x, y, 0.24, 0.5, 0.5, 0.7)) return SHADE;
  return within(x, y, 0.18, 0.25, 0.82, 0.85) ? INK : y > 0.85 ? SHADE : PAPER;
};

/** Stand-ins for what a customer captures, by the name of their artifact: pictures, even for the video. */
export const samples = {
  "selfie.png": once(() => png(face)),
  "ind_pan-front.png": once(() => png(card)),
  "self.png": once(() => png(film)),
  "exterior1.png": once(() => png(shop)),
  "agent.png": once(() => png(film)),
  "customer.png": once(() => png(film)),
};
export type SampleName = keyof typeof samples;

export const sampleNamed = (name: string): Buffer | null =>
  Object.hasOwn(samples, name) ? samples[name as SampleName]() : null;

function png(drawing: Drawing): Buffer {
  // Each row begins with its filter: none.
  const rows = Buffer.alloc(HEIGHT * (WIDTH + 1));
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) rows[y * (WIDTH + 1) + x + 1] = drawing(x / WIDTH, y / HEIGHT);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 3], 8); // 8 bits a pixel, each a number of the palette
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", PALETTE),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
