import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate of the host's own making, with its key: good for whoever trusts exactly it. */
export function selfSigned(host: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const year = new Date().getUTCFullYear();
  const names = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(host)))));
  const alternativeNames = der(0x04, der(0x30, der(0x82, Buffer.from(host))));
  const body = der(
    0x30,
    der(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    names,
    der(
      0x30,
      der(0x18, Buffer.from(`${year - 1}0101000000Z`)),
      der(0x18, Buffer.from(`${year + 1}0101000000Z`)),
    ),
    names,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, der(0x30, subjectAltName, alternativeNames))),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", body, privateKey));
  const text = der(0x30, body, ecdsaWithSha256, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g)?.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

/** One value of ASN.1: tag, length, what is in it. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

const integer = (value: number) => der(0x02, Buffer.of(value));
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const commonName = oid("550403");
const subjectAltName = oid("551d11");
const ecdsaWithSha256 = der(0x30, oid("2a8648ce3d040302"));
