import { deflateRawSync } from "node:zlib";
import { CompactEncrypt, type CompactJWEHeaderParameters, CompactSign, generateKeyPair } from "jose";
import type { ContentKey } from "../../../shared/gateway/encryption.ts";
import { seal } from "./seal.ts";

const contentKey = (kid: string, byte: number, retires_at: number | null = null): ContentKey => ({
  kid,
  cek: Buffer.alloc(32, byte).toString("base64"),
  encrypts_from: byte,
  retires_at,
});

/** When the table is read. */
export const now = 1_000_000;
export const current = contentKey("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", 4);
export const older = contentKey("older-key", 3);
export const retired = contentKey("retired-key", 2, now);
/** Its name is all digits, for a token that names it by a number. */
const numbered = contentKey("1", 1);
/** The account that the tokens are sent to. */
export const ownKeys: readonly ContentKey[] = [numbered, retired, older, current];
const theirs = contentKey("key-of-another-account", 5);

/** In every plaintext of the table; no error may ever have it. */
export const secretText = "very-secret-value";

const bytesOf = ({ cek }: ContentKey) => Buffer.from(cek, "base64");
const cek = bytesOf(current);
const header = { alg: "dir", enc: "A256GCM", kid: current.kid };
// Long enough for both special characters of base64url, and of a length that leaves unused bits at the end.
const plaintext = JSON.stringify({ secret: secretText, padding: "x".repeat(300) });

/** A token that decrypts, and has both `-` and `_` in it, which only chance can give. */
export const valid = (() => {
  for (;;) {
    const token = seal(header, plaintext, cek);
    if (token.includes("-") && token.includes("_")) return token;
  }
})();
const parts = valid.split(".");
const [head = "", , iv = "", ciphertext = "", tag = ""] = parts;
const another = seal(header, JSON.stringify({ secret: `another ${secretText}` }), cek).split(".");

const join = (changed: readonly (string | undefined)[]) => changed.join(".");
/** The valid token with some of its parts replaced. */
const replace = (changed: Record<number, string | undefined>) =>
  join(parts.map((part, index) => changed[index] ?? part));
const bytes = (part: string) => Buffer.from(part, "base64url");
const text = (part: Buffer) => part.toString("base64url");
const flipBit = (part: string, bit: number) => {
  const flipped = bytes(part);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (0x80 >> (bit & 7)), bit >> 3);
  return text(flipped);
};
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Another spelling of the same bytes: the last character has bits that no byte needs. */
const respell = (part: string) => {
  const last = part.slice(-1);
  const respelled = part.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1];
  if (respelled === part || !bytes(respelled).equals(bytes(part))) throw new Error("no unused bits there");
  return respelled;
};
const shiftFirst = (part: string, by: number) => String.fromCharCode(part.charCodeAt(0) + by) + part.slice(1);
/** Sealed soundly with our key, whatever the header says. */
const sealed = (changed: object) => seal({ ...header, ...changed }, plaintext, cek);
const holding = (content: string | Buffer) => seal(header, content, cek);
const named = (rows: [string, unknown][]) => rows;

const kids = named([
  ["no kid", sealed({ kid: undefined })],
  ["an unknown kid", sealed({ kid: "unknown" })],
  ["an empty kid", sealed({ kid: "" })],
  ["the kid in other case", sealed({ kid: current.kid.toUpperCase() })],
  ["the kid with a space before it", sealed({ kid: ` ${current.kid}` })],
  ["the kid with a line break after it", sealed({ kid: `${current.kid}\n` })],
  ["the kid with a NUL after it", sealed({ kid: `${current.kid}\0` })],
  ["the beginning of the kid", sealed({ kid: current.kid.slice(0, -1) })],
  ["a number for a kid", seal({ ...header, kid: 1 }, plaintext, bytesOf(numbered))],
  ["an array of the kid", sealed({ kid: [current.kid] })],
  ["an object for a kid", sealed({ kid: { kid: current.kid } })],
  ["null for a kid", sealed({ kid: null })],
  ["true for a kid", sealed({ kid: true })],
  ["a kid that objects are born with", sealed({ kid: "__proto__" })],
  ["the kid under another name", sealed({ kid: undefined, KID: current.kid })],
  ["the kid of another key of the account", sealed({ kid: older.kid })],
  ["a retired key and its kid", seal({ ...header, kid: retired.kid }, plaintext, bytesOf(retired))],
  ["a retired key's kid over the key in force", sealed({ kid: retired.kid })],
  ["a retired key under the kid in force", seal(header, plaintext, bytesOf(retired))],
  ["another account's key and its kid", seal({ ...header, kid: theirs.kid }, plaintext, bytesOf(theirs))],
  ["another account's kid over our key", sealed({ kid: theirs.kid })],
  ["another account's key under our kid", seal(header, plaintext, bytesOf(theirs))],
]);

/** Algorithms that only the header claims: without the pinning, the token would open. */
const claims = named([
  ...[
    "none",
    "A256KW",
    "A256GCMKW",
    "RSA-OAEP",
    "PBES2-HS256+A128KW",
    "ECDH-ES",
    "DIR",
    "Dir",
    "dir ",
    "",
  ].map((alg): [string, unknown] => [`alg ${JSON.stringify(alg)}`, sealed({ alg })]),
  ["no alg", sealed({ alg: undefined })],
  ["a number for an alg", sealed({ alg: 1 })],
  ["null for an alg", sealed({ alg: null })],
  ["an array of the alg", sealed({ alg: ["dir"] })],
  ["the alg under another name", sealed({ alg: undefined, ALG: "dir" })],
  ...["A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a256gcm", "none", ""].map(
    (enc): [string, unknown] => [`enc ${JSON.stringify(enc)}`, sealed({ enc })],
  ),
  ["no enc", sealed({ enc: undefined })],
  ["an array of the enc", sealed({ enc: ["A256GCM"] })],
]);

const crits = named([
  ["compressed", seal({ ...header, zip: "DEF" }, deflateRawSync(plaintext), cek)],
  ["zip DEF over what is not compressed", sealed({ zip: "DEF" })],
  ["zip null", sealed({ zip: null })],
  ["an empty zip", sealed({ zip: "" })],
  ["another zip", sealed({ zip: "GZIP" })],
  ["crit with an unknown name", sealed({ crit: ["urn:example:later"], "urn:example:later": true })],
  ["crit with the name of a member that it has", sealed({ crit: ["kid"] })],
  ["crit with a name that is not there", sealed({ crit: ["exp"] })],
  ["an empty crit", sealed({ crit: [] })],
  ["crit null", sealed({ crit: null })],
  ["a string for crit", sealed({ crit: "kid" })],
  ["b64 false, critical", sealed({ crit: ["b64"], b64: false })],
  ["b64 false", sealed({ b64: false })],
  ["b64 true", sealed({ b64: true })],
]);

const headers = named([
  ["an empty header", seal("", plaintext, cek)],
  ["a header without members", seal({}, plaintext, cek)],
  ["a header that is no JSON", seal("alg=dir", plaintext, cek)],
  ["a header cut short", seal(JSON.stringify(header).slice(0, -1), plaintext, cek)],
  ["a header with more after it", seal(`${JSON.stringify(header)}{}`, plaintext, cek)],
  ["an array for a header", seal([header], plaintext, cek)],
  ["a string for a header", seal(JSON.stringify("dir"), plaintext, cek)],
  ["null for a header", seal("null", plaintext, cek)],
  [
    "a header that is not UTF-8",
    seal(Buffer.from(JSON.stringify({ ...header, x: "\xff" }), "latin1"), plaintext, cek),
  ],
  ["a header in UTF-16", seal(Buffer.from(JSON.stringify(header), "utf16le"), plaintext, cek)],
  [
    "a header with two kids, the last one ours",
    seal(JSON.stringify(header).replace("{", '{"kid":"unknown",'), plaintext, cek),
  ],
  [
    "a header with two kids, the first one ours",
    seal(JSON.stringify(header).replace("}", ',"kid":"unknown"}'), plaintext, cek),
  ],
  ["a header with two algs", seal(JSON.stringify(header).replace("{", '{"alg":"none",'), plaintext, cek)],
  [
    "a header with the same kid twice",
    seal(JSON.stringify(header).replace("{", `{"kid":"${header.kid}",`), plaintext, cek),
  ],
  [
    "a header with a second kid in other letters",
    seal(JSON.stringify(header).replace("{", '{"k\\u0069d":"unknown",'), plaintext, cek),
  ],
  ["a huge header", sealed({ x: "x".repeat(1_000_000) })],
  ["a huge kid", sealed({ kid: current.kid.repeat(30_000) })],
  ["a header nested without end", seal(`{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, plaintext, cek)],
  [
    "the header in another order under the old tag",
    replace({ 0: text(Buffer.from(JSON.stringify({ kid: header.kid, enc: header.enc, alg: header.alg }))) }),
  ],
  [
    "the header with spaces under the old tag",
    replace({ 0: text(Buffer.from(JSON.stringify(header, null, 1))) }),
  ],
  [
    "another member in the header under the old tag",
    replace({ 0: text(Buffer.from(JSON.stringify({ ...header, typ: "JWE" }))) }),
  ],
]);

const shapes = named([
  ["an empty string", ""],
  ["three parts", join([head, ciphertext, tag])],
  ["four parts", join([head, iv, ciphertext, tag])],
  ["six parts", `${valid}.${tag}`],
  ["a dot after it", `${valid}.`],
  ["a dot before it", `.${valid}`],
  ["dots only", "...."],
  ["a second part", replace({ 1: text(cek) })],
  ["a second part of one byte", replace({ 1: "AA" })],
  ...[1, 2, 3, 4].map((count): [string, unknown] => [`cut after part ${count}`, join(parts.slice(0, count))]),
  ["cut after the dot behind part 3", `${join(parts.slice(0, 3))}.`],
  ["cut within the header", head.slice(0, 20)],
  ["cut within the IV", join([head, "", iv.slice(0, 8)])],
  ["cut within the ciphertext", join([head, "", iv, ciphertext.slice(0, 40)])],
  ["cut within the tag", valid.slice(0, -11)],
  ["without its first character", valid.slice(1)],
  ["without its last character", valid.slice(0, -1)],
  ...parts.flatMap((one, left): [string, unknown][] =>
    parts.flatMap((other, right): [string, unknown][] =>
      left < right
        ? [[`parts ${left + 1} and ${right + 1} swapped`, replace({ [left]: other, [right]: one })]]
        : [],
    ),
  ),
  ["the parts backwards", join(parts.toReversed())],
  ["twice", valid + valid],
]);

const bits = named([
  // The IV has none to spare: 12 bytes are 16 characters.
  ["an unused bit in the header", replace({ 0: respell(head) })],
  ["an unused bit in the ciphertext", replace({ 3: respell(ciphertext) })],
  ["an unused bit in the tag", replace({ 4: respell(tag) })],
  ...[
    ["header", 0, head],
    ["IV", 2, iv],
    ["ciphertext", 3, ciphertext],
    ["tag", 4, tag],
  ].flatMap(([name, index, part]): [string, unknown][] => {
    const last = bytes(String(part)).length * 8 - 1;
    return [
      [`the first bit of the ${name}`, replace({ [Number(index)]: flipBit(String(part), 0) })],
      [`the last bit of the ${name}`, replace({ [Number(index)]: flipBit(String(part), last) })],
      [`a bit amid the ${name}`, replace({ [Number(index)]: flipBit(String(part), last >> 1) })],
    ];
  }),
  ...[11, 13, 16].map((length): [string, unknown] => [
    `an IV of ${length} bytes`,
    seal(header, plaintext, cek, Buffer.alloc(length, 7)),
  ]),
  ["no IV", replace({ 2: "" })],
  ["an IV of zeros", replace({ 2: text(Buffer.alloc(12)) })],
  // What is left of a GCM tag is still a GCM tag, of a weaker kind.
  ...[4, 12, 15].map((length): [string, unknown] => [
    `a tag of ${length} bytes`,
    replace({ 4: text(bytes(tag).subarray(0, length)) }),
  ]),
  ["a tag of 17 bytes", replace({ 4: text(Buffer.concat([bytes(tag), Buffer.alloc(1)])) })],
  ["no tag", replace({ 4: "" })],
  ["a tag of zeros", replace({ 4: text(Buffer.alloc(16)) })],
  ["no ciphertext", replace({ 3: "" })],
  [
    "a ciphertext that is longer by a byte",
    replace({ 3: text(Buffer.concat([bytes(ciphertext), Buffer.alloc(1)])) }),
  ],
  ["a ciphertext that is shorter by a byte", replace({ 3: text(bytes(ciphertext).subarray(0, -1)) })],
  [
    "the tag at the end of the ciphertext",
    replace({ 3: text(Buffer.concat([bytes(ciphertext), bytes(tag)])) }),
  ],
  ["the header of another token", replace({ 0: seal({ ...header, kid: older.kid }, "", cek).split(".")[0] })],
  ["the IV of another token", replace({ 2: another[2] })],
  ["the ciphertext of another token", replace({ 3: another[3] })],
  ["the tag of another token", replace({ 4: another[4] })],
  ["the IV and the ciphertext of another token", replace({ 2: another[2], 3: another[3] })],
  ["the ciphertext and the tag of another token", replace({ 3: another[3], 4: another[4] })],
]);

const spellings = named([
  ...[0, 2, 3, 4].flatMap((index): [string, unknown][] => [
    [`part ${index + 1} with a padding character`, replace({ [index]: `${parts[index]}=` })],
    [`part ${index + 1} with two padding characters`, replace({ [index]: `${parts[index]}==` })],
    [`part ${index + 1} with a space in it`, replace({ [index]: parts[index]?.replace(/^.{5}/, "$& ") })],
    [
      `part ${index + 1} with a line break in it`,
      replace({ [index]: parts[index]?.replace(/^.{5}/, "$&\n") }),
    ],
  ]),
  ["a padding character for a second part", replace({ 1: "=" })],
  ["a space for a second part", replace({ 1: " " })],
  ["in the standard alphabet", valid.replaceAll("-", "+").replaceAll("_", "/")],
  ["with + for -", valid.replaceAll("-", "+")],
  ["with / for _", valid.replaceAll("_", "/")],
  ["percent-encoded", valid.replaceAll("_", "%5F")],
  ["in quotes", JSON.stringify(valid)],
  ["behind a scheme", `Bearer ${valid}`],
  ["in capitals", valid.toUpperCase()],
  ["a space before it", ` ${valid}`],
  ["a space after it", `${valid} `],
  ["a line break after it", `${valid}\n`],
  ["a line break as on Windows after it", `${valid}\r\n`],
  ["a NUL after it", `${valid}\0`],
  ["a byte order mark before it", `\ufeff${valid}`],
  ["a zero-width space in it", replace({ 3: `${ciphertext.slice(0, 5)}\u200b${ciphertext.slice(5)}` })],
  ["a full-width letter in it", replace({ 3: shiftFirst(ciphertext, 0xfee0) })],
  // Cut to a byte, it would be the letter that belongs there.
  ["a letter from beyond Latin-1 in it", replace({ 3: shiftFirst(ciphertext, 0x100) })],
  ["half a surrogate pair in it", replace({ 3: `\ud800${ciphertext.slice(1)}` })],
  ["an emoji in it", replace({ 3: `${ciphertext}\u{1f511}` })],
  ["dots that are none", valid.replaceAll(".", "\u3002")],
]);

const contents = named([
  ["an empty plaintext", holding("")],
  ["a plaintext that is no JSON", holding(secretText)],
  ["a plaintext that is JSON cut short", holding(plaintext.slice(0, -1))],
  ["a plaintext of two JSON texts", holding(`${plaintext}\n${plaintext}`)],
  ["a plaintext of JavaScript", holding(`{secret:'${secretText}'}`)],
  ["a plaintext that is NaN", holding("NaN")],
  ["a plaintext that is not UTF-8", holding(Buffer.from(`{"secret":"${secretText}\xff"}`, "latin1"))],
  ["a plaintext in overlong UTF-8", holding(Buffer.from(`{"secret":"${secretText}\xc0\x80"}`, "latin1"))],
  ["a plaintext with a surrogate in UTF-8", holding(Buffer.from('{"secret":"\xed\xa0\x80"}', "latin1"))],
  ["a plaintext in UTF-16", holding(Buffer.from(plaintext, "utf16le"))],
  ["a compressed plaintext", holding(deflateRawSync(plaintext))],
  ["a token in a token", holding(valid)],
  ["a token in a token that says so", seal({ ...header, cty: "JWT" }, valid, cek)],
]);

const others = named([
  ["null", null],
  ["a number", 5],
  ["true", true],
  ["an empty object", {}],
  ["an empty array", []],
  ["the token in an array", [valid]],
  ["the parts in an array", parts],
  ["the token as bytes", Buffer.from(valid)],
  ["the token as a string object", Object(valid)],
  ["an object that turns into the token", { toString: () => valid, split: () => parts }],
  ["flattened", { protected: head, iv, ciphertext, tag }],
  ["flattened, as text", JSON.stringify({ protected: head, iv, ciphertext, tag })],
  ["general", { protected: head, recipients: [{}], iv, ciphertext, tag }],
  ["general, as text", JSON.stringify({ protected: head, recipients: [{}], iv, ciphertext, tag })],
]);

/** Sound tokens of other algorithms under our key's bytes and kid, and signatures. */
async function genuine(): Promise<[string, unknown][]> {
  const content = Buffer.from(plaintext);
  const encrypt = (
    protectedHeader: CompactJWEHeaderParameters,
    key: Parameters<CompactEncrypt["encrypt"]>[0],
  ) => new CompactEncrypt(content).setProtectedHeader({ ...protectedHeader, kid: current.kid }).encrypt(key);
  const rsa = await generateKeyPair("RSA-OAEP");
  const ec = await generateKeyPair("ECDH-ES");
  const unsecured = [{ alg: "none", kid: current.kid }, plaintext].map((part) =>
    text(Buffer.from(typeof part === "string" ? part : JSON.stringify(part))),
  );
  return [
    ["wrapped by A256KW", await encrypt({ alg: "A256KW", enc: "A256GCM" }, cek)],
    ["wrapped by A256GCMKW", await encrypt({ alg: "A256GCMKW", enc: "A256GCM" }, cek)],
    ["wrapped by RSA-OAEP", await encrypt({ alg: "RSA-OAEP", enc: "A256GCM" }, rsa.publicKey)],
    ["wrapped by PBES2", await encrypt({ alg: "PBES2-HS256+A128KW", enc: "A256GCM" }, cek)],
    ["agreed by ECDH-ES", await encrypt({ alg: "ECDH-ES", enc: "A256GCM" }, ec.publicKey)],
    ["dir with A128GCM", await encrypt({ alg: "dir", enc: "A128GCM" }, cek.subarray(16))],
    ["dir with A192GCM", await encrypt({ alg: "dir", enc: "A192GCM" }, cek.subarray(8))],
    ["dir with A128CBC-HS256", await encrypt({ alg: "dir", enc: "A128CBC-HS256" }, cek)],
    [
      "dir with A256CBC-HS512",
      await encrypt({ alg: "dir", enc: "A256CBC-HS512" }, Buffer.concat([cek, cek])),
    ],
    [
      "a signature",
      await new CompactSign(content).setProtectedHeader({ alg: "HS256", kid: current.kid }).sign(cek),
    ],
    ["a signature without one", `${join(unsecured)}.`],
  ];
}

/** Tokens of every sort that must be refused by an account with `ownKeys`, by what is wrong with them. */
export async function hostileTokens(): Promise<[string, unknown][]> {
  const rows = [kids, claims, crits, headers, shapes, bits, spellings, contents, others, await genuine()];
  return rows.flat();
}
