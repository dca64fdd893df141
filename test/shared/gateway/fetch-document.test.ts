import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type LookupFunction, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type DocumentLimits,
  type DocumentNetwork,
  type DocumentRefusal,
  type DocumentSources,
  fetchDocument,
} from "../../../shared/gateway/fetch-document.ts";
import { isPublicAddress } from "../../../shared/gateway/public-address.ts";
import { hostileAddresses, noAddresses } from "./hostile-addresses.ts";
import { type Behaviour, faults, flood, raw, startServer } from "./misbehaving-server.ts";
import { selfSigned } from "./self-signed.ts";

const HOST = "files.example.com";
const sources: DocumentSources = { hosts: [HOST], sandboxUrl: null };
const limits = (change: Partial<DocumentLimits> = {}): DocumentLimits => ({
  maxBytes: 1_000,
  timeoutMs: 5_000,
  total: { left: 1_000_000 },
  ...change,
});

/** Whoever connects here was let through. It listens where every notation of this machine leads. */
const trap = { port: "", connections: 0 };
const traps: Server[] = [];
const lookups: string[] = [];

beforeAll(async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer((socket) => {
      trap.connections++;
      socket.destroy();
    });
    server.listen(Number(trap.port || 0), host);
    // Not every machine has IPv6; there nobody can fall into its trap.
    const listens = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!listens) continue;
    traps.push(server);
    trap.port = String((server.address() as AddressInfo).port);
  }
});
afterAll(() => {
  for (const server of traps) server.close();
});
beforeEach(() => {
  trap.connections = 0;
  lookups.length = 0;
});

/** Resolves every name to these, one list per question; the last one repeats. */
function resolving(...answers: [readonly string[], ...(readonly string[])[]]): LookupFunction {
  const left = [...answers];
  return (host, options, callback) => {
    lookups.push(host);
    const addresses = (left.length > 1 ? left.shift() : left[0]) ?? [];
    const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if (options.all) callback(null, found);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  };
}

/** The trap as the public Internet: its port is the usual one, every name is this machine's. */
const network = (change: Partial<DocumentNetwork> = {}): DocumentNetwork => ({
  lookup: resolving(["127.0.0.1"]),
  isAllowedAddress: isPublicAddress,
  port: trap.port,
  ...change,
});

describe("a URL that breaks a rule is refused before its host is even looked up", () => {
  test.each<[string, DocumentRefusal]>([
    ["", "unusable-url"],
    ["a word", "unusable-url"],
    [`${HOST}:PORT/f`, "unusable-url"],
    [`//${HOST}:PORT/f`, "unusable-url"],
    ["/etc/passwd", "unusable-url"],
    ["file:///etc/passwd", "unusable-url"],
    ["data:text/plain,f", "unusable-url"],
    [`blob:https://${HOST}:PORT/f`, "unusable-url"],
    [`https:${HOST}:PORT/f`, "unusable-url"],
    [`https:///${HOST}:PORT/f`, "unusable-url"],
    [`https:\\\\${HOST}:PORT/f`, "unusable-url"],
    [`https://${HOST}:PORT\\@127.0.0.1:PORT/f`, "unusable-url"],
    [` https://${HOST}:PORT/f`, "unusable-url"],
    [`https://${HOST}:PORT/a b`, "unusable-url"],
    [`ht\ntps://${HOST}:PORT/f`, "unusable-url"],
    [`https://files\t.example.com:PORT/f`, "unusable-url"],
    [`https://${HOST}:PORT/\r\nx-injected: 1`, "unusable-url"],
    [`https://${HOST}\0.evil.example:PORT/f`, "unusable-url"],
    ["https://files。example。com:PORT/f", "unusable-url"],
    ["https://ｆｉｌｅｓ.example.com:PORT/f", "unusable-url"],
    ["https://filеs.example.com:PORT/f", "unusable-url"],
    ["https://①②⑦.⓪.⓪.①:PORT/f", "unusable-url"],
    [`https://${HOST}%00:PORT/f`, "unusable-url"],
    [`https://${HOST}%40127.0.0.1:PORT/f`, "unusable-url"],
    ["https://[fe80::1%25lo]:PORT/f", "unusable-url"],
    [`https://${HOST}:99999/f`, "unusable-url"],
    [`https://${HOST}:PORT/${"f".repeat(10_000)}`, "unusable-url"],
    [`https://user:word@${HOST}:PORT/f`, "credentials-in-url"],
    [`https://@${HOST}:PORT/f`, "credentials-in-url"],
    [`https://:@${HOST}:PORT/f`, "credentials-in-url"],
    [`https://${HOST}:PORT@127.0.0.1:PORT/f`, "credentials-in-url"],
    [`http://${HOST}:PORT/f`, "scheme-not-allowed"],
    [`ftp://${HOST}:PORT/f`, "scheme-not-allowed"],
    [`gopher://${HOST}:PORT/f`, "scheme-not-allowed"],
    [`ws://${HOST}:PORT/f`, "scheme-not-allowed"],
    [`https://${HOST}/f`, "port-not-allowed"],
    [`https://${HOST}:22/f`, "port-not-allowed"],
    ["https://127.0.0.1:PORT/f", "host-not-allowed"],
    ["https://2130706433:PORT/f", "host-not-allowed"],
    ["https://0x7f000001:PORT/f", "host-not-allowed"],
    ["https://0177.0.0.1:PORT/f", "host-not-allowed"],
    ["https://127.1:PORT/f", "host-not-allowed"],
    ["https://127.0.0.1.:PORT/f", "host-not-allowed"],
    ["https://%31%32%37.0.0.1:PORT/f", "host-not-allowed"],
    ["https://0:PORT/f", "host-not-allowed"],
    ["https://169.254.169.254:PORT/latest/meta-data/", "host-not-allowed"],
    ["https://[::]:PORT/f", "host-not-allowed"],
    ["https://[::1]:PORT/f", "host-not-allowed"],
    ["https://[0:0:0:0:0:0:0:1]:PORT/f", "host-not-allowed"],
    ["https://[::ffff:127.0.0.1]:PORT/f", "host-not-allowed"],
    ["https://[::ffff:7f00:1]:PORT/f", "host-not-allowed"],
    ["https://[fd00:ec2::254]:PORT/f", "host-not-allowed"],
    ["https://localhost:PORT/f", "host-not-allowed"],
    ["https://LOCALHOST.:PORT/f", "host-not-allowed"],
    ["https://metadata.google.internal:PORT/f", "host-not-allowed"],
    [`https://${HOST}.:PORT/f`, "host-not-allowed"],
    [`https://${HOST}.evil.example:PORT/f`, "host-not-allowed"],
    [`https://${HOST}%2eevil.example:PORT/f`, "host-not-allowed"],
    [`https://evil${HOST}:PORT/f`, "host-not-allowed"],
    ["https://example.com:PORT/f", "host-not-allowed"],
    [`https://evil.example:PORT/${HOST}`, "host-not-allowed"],
    [`https://evil.example:PORT?${HOST}`, "host-not-allowed"],
    [`https://evil.example:PORT#.${HOST}`, "host-not-allowed"],
    ["https://xn--fles-8cd.example.com:PORT/f", "host-not-allowed"],
  ])("%j: %s", async (url, refusal) => {
    const answer = await fetchDocument(url.replaceAll("PORT", trap.port), sources, limits(), network());
    expect(answer).toBe(refusal);
    expect(lookups).toEqual([]);
    expect(trap.connections).toBe(0);
  });

  test.each(["https://127.0.0.1:PORT/f", "https://[::1]:PORT/f", "https://0x7f.1:PORT/f"])(
    "and so is an address, even one that is listed: %s",
    async (url) => {
      const listed = { hosts: ["127.0.0.1", "[::1]", "1"], sandboxUrl: null };
      const answer = await fetchDocument(url.replace("PORT", trap.port), listed, limits(), network());
      expect(answer).toBe("host-not-allowed");
      expect(trap.connections).toBe(0);
    },
  );

  test("and so is every URL where no host is listed", async () => {
    const nowhere = { hosts: [], sandboxUrl: null };
    expect(await fetchDocument(`https://${HOST}:${trap.port}/f`, nowhere, limits(), network())).toBe(
      "host-not-allowed",
    );
    expect(lookups).toEqual([]);
  });
});

describe("a listed name is not followed", () => {
  const url = () => `https://a.${HOST}:${trap.port}/f`;

  test.each([...hostileAddresses, ...noAddresses])("to %j", async (address) => {
    const lookup = resolving([address]);
    expect(await fetchDocument(url(), sources, limits(), network({ lookup }))).toBe("address-not-allowed");
    expect(lookups).toEqual([`a.${HOST}`]);
    expect(trap.connections).toBe(0);
  });

  test.each([[["8.8.8.8", "127.0.0.1"]], [["2606:4700:4700::1111", "::1"]], [[]]])(
    "if not all of its addresses are public, or it has none: %j",
    async (addresses) => {
      const lookup = resolving(addresses);
      expect(await fetchDocument(url(), sources, limits(), network({ lookup }))).toBe("address-not-allowed");
      expect(trap.connections).toBe(0);
    },
  );

  test("if nobody knows it, or says so in time", async () => {
    const unknown: LookupFunction = (_host, _options, callback) =>
      callback(Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" }), "");
    expect(await fetchDocument(url(), sources, limits(), network({ lookup: unknown }))).toBe("unreachable");
    const silent: LookupFunction = () => {};
    const quick = limits({ timeoutMs: 50 });
    expect(await fetchDocument(url(), sources, quick, network({ lookup: silent }))).toBe("too-slow");
  });
});

describe("over TLS", () => {
  const { key, cert } = selfSigned(HOST);
  let behaviour: Behaviour;
  let received: { url: string | undefined; headers: Record<string, unknown> }[] = [];
  const server = createHttpsServer({ key, cert }, (request, response) => {
    received.push({ url: request.url, headers: request.headers });
    behaviour(response);
  });
  let port = "";
  /** The server as a public one; nothing else is. */
  const there = (change: Partial<DocumentNetwork> = {}): DocumentNetwork => ({
    lookup: resolving(["127.0.0.1"]),
    isAllowedAddress: (address) => address === "127.0.0.1",
    port,
    ca: cert,
    ...change,
  });

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    received = [];
    behaviour = raw(200, Buffer.from([1, 2, 3]), { "content-type": "image/png" });
  });

  test("a file comes byte for byte, and nothing of ours goes there", async () => {
    const url = `https://${HOST}:${port}/a%2Fb//c?X-Sig=a%2Bb+c%20&empty=&X-Sig=2`;
    const total = { left: 10 };
    expect(await fetchDocument(url, sources, limits({ total }), there())).toEqual({
      bytes: Buffer.from([1, 2, 3]),
      content_type: "image/png",
    });
    expect(total.left).toBe(7);
    expect(received).toEqual([
      {
        url: "/a%2Fb//c?X-Sig=a%2Bb+c%20&empty=&X-Sig=2",
        headers: {
          accept: "*/*",
          "accept-encoding": "identity",
          connection: "close",
          host: `${HOST}:${port}`,
        },
      },
    ]);
  });

  test("a name that answers something else the second time is asked once, and connected to where it was checked", async () => {
    const lookup = resolving(["127.0.0.1"], ["::1"]);
    const url = `https://${HOST}:${port}/f`;
    expect(await fetchDocument(url, sources, limits(), there({ lookup }))).toHaveProperty("bytes");
    expect(lookups).toHaveLength(1);
    expect(await fetchDocument(url, sources, limits(), there({ lookup }))).toBe("address-not-allowed");
    expect(received).toHaveLength(1);
  });

  test("every file has a connection of its own, whose address was checked", async () => {
    const url = `https://${HOST}:${port}/f`;
    for (let time = 0; time < 3; time++) await fetchDocument(url, sources, limits(), there());
    expect(lookups).toHaveLength(3);
  });

  test("a certificate of another host, or of nobody known, is refused before anything is asked", async () => {
    const sibling = `https://other.${HOST}:${port}/f`;
    expect(await fetchDocument(sibling, sources, limits(), there())).toBe("unreachable");
    const { ca: _, ...unknown } = there();
    expect(await fetchDocument(`https://${HOST}:${port}/f`, sources, limits(), unknown)).toBe("unreachable");
    expect(received).toEqual([]);
  });

  test("a server that speaks no TLS, or never finishes its greeting, is given up", async () => {
    const plain = createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n")));
    const mute = createServer(() => {});
    for (const [other, refusal] of [
      [plain, "unreachable"],
      [mute, "too-slow"],
    ] as const) {
      other.listen(0, "127.0.0.1");
      await once(other, "listening");
      const at = String((other.address() as AddressInfo).port);
      const quick = limits({ timeoutMs: refusal === "too-slow" ? 100 : 5_000 });
      expect(await fetchDocument(`https://${HOST}:${at}/f`, sources, quick, there({ port: at }))).toBe(
        refusal,
      );
      other.close();
    }
  });

  test.each(["http://127.0.0.1:TRAP/", "https://localhost:TRAP/", `https://${HOST}:TRAP/`, "/elsewhere"])(
    "a redirect to %s is not followed",
    async (location) => {
      for (const status of [301, 302, 303, 307, 308]) {
        behaviour = raw(status, "", { location: location.replace("TRAP", trap.port) });
        expect(await fetchDocument(`https://${HOST}:${port}/f`, sources, limits(), there())).toBe(
          "redirected",
        );
      }
      expect(trap.connections).toBe(0);
      expect(received).toHaveLength(5);
    },
  );
});

describe("the sandbox's own files", () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  const fetchFrom = (path: string, change: Partial<DocumentLimits> = {}) =>
    fetchDocument(
      server.baseUrl + path,
      { hosts: [], sandboxUrl: `${server.baseUrl}/stage/$default` },
      limits(change),
    );

  test("come from wherever it runs", async () => {
    server.behave(raw(200, "file", { "content-type": "image/png" }));
    expect(await fetchFrom("/stage/$default/artifacts/f?expires=1&key=k")).toEqual({
      bytes: Buffer.from("file"),
      content_type: "image/png",
    });
    expect(server.received.map(({ url }) => url)).toEqual(["/stage/$default/artifacts/f?expires=1&key=k"]);
  });

  test.each([
    "/",
    "/other/f",
    "/stage/$default",
    "/stage/$defaults/f",
    "/stage/$default/../other/f",
    "/stage/$default/%2e%2e/other/f",
  ])("do not open what else its origin serves: %s", async (path) => {
    server.behave(raw(200, "secret"));
    expect(await fetchFrom(path)).toBe("scheme-not-allowed");
    expect(server.received).toEqual([]);
  });

  test("are no way to another port or name of the same machine", async () => {
    for (const other of [
      `http://127.0.0.1:${trap.port}/stage/$default/f`,
      "http://localhost/stage/$default/f",
    ])
      expect(
        await fetchDocument(other, { hosts: [], sandboxUrl: `${server.baseUrl}/stage/$default` }, limits()),
      ).toBe("scheme-not-allowed");
    expect(trap.connections).toBe(0);
  });

  const endlessly =
    (head: string, more: string): Behaviour =>
    ({ socket }) => {
      socket?.on("error", () => {});
      socket?.write(head);
      const write = () => {
        while (socket?.writable) if (!socket.write(more.repeat(1_000))) return;
      };
      socket?.on("drain", write);
      write();
    };
  const verbatim =
    (text: string): Behaviour =>
    ({ socket }) =>
      socket?.end(text);
  const ok = "HTTP/1.1 200 OK\r\n";

  test.each<[string, DocumentRefusal, Behaviour]>([
    ["says 403, as storage does of an expired signature", "expired", raw(403, "<Error/>")],
    ["does not have it", "missing", raw(404, "")],
    ["does not have it any more", "missing", raw(410, "")],
    ["wants a login", "refused", raw(401, "")],
    ["answers without content", "refused", raw(204, "")],
    ["answers a part", "refused", raw(206, "par")],
    ["has not changed it", "redirected", raw(304, "")],
    ["fails", "refused", raw(500, "")],
    ["packs it", "encoded", raw(200, "packed", { "content-encoding": "gzip" })],
    ["says that it is too large", "too-large", raw(200, "x".repeat(1_001), { "content-length": "1001" })],
    [
      "sends more than the limit",
      "too-large",
      raw(200, "x".repeat(1_001), { "transfer-encoding": "chunked" }),
    ],
    ["closes without a word", "unreachable", faults.resetBeforeHeaders],
    ["does not speak HTTP", "unreachable", faults.notHttp],
    ["sends a page without a head", "unreachable", verbatim("<html></html>")],
    ["breaks off", "broken-off", faults.resetInBody],
    ["sends less than it said", "broken-off", faults.closedBeforeContentLength],
    ["has no sensible length", "unreachable", verbatim(`${ok}content-length: -1\r\n\r\nfile`)],
    ["has two lengths", "unreachable", verbatim(`${ok}content-length: 1\r\ncontent-length: 4\r\n\r\nfile`)],
    [
      "has a length and chunks",
      "unreachable",
      verbatim(`${ok}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfile\r\n0\r\n\r\n`),
    ],
    ["has broken chunks", "broken-off", verbatim(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\nfile`)],
    ["never ends its chunks", "broken-off", verbatim(`${ok}transfer-encoding: chunked\r\n\r\n4\r\nfile\r\n`)],
    [
      "switches protocols",
      "unreachable",
      verbatim("HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    ],
    ["has a huge header", "unreachable", verbatim(`${ok}x: ${"y".repeat(100_000)}\r\n\r\n`)],
    ["has headers without end", "unreachable", endlessly(ok, "x: y\r\n")],
    [
      "has chunk extensions without end",
      "broken-off",
      endlessly(`${ok}transfer-encoding: chunked\r\n\r\n4;`, "x=y;"),
    ],
  ])("are not copied when it %s: %s", async (_, refusal, behaviour) => {
    server.behave(behaviour);
    expect(await fetchFrom("/stage/$default/f")).toBe(refusal);
    expect(server.received).toHaveLength(1);
  });

  test.each<[string, Behaviour]>([
    ["is silent", faults.silence],
    ["drips", faults.drip],
    ["only says that it will answer", endlessly("", "HTTP/1.1 103 Early Hints\r\n\r\n")],
  ])("are not waited for when it %s", async (_, behaviour) => {
    server.behave(behaviour);
    expect(await fetchFrom("/stage/$default/f", { timeoutMs: 200 })).toBe("too-slow");
  });

  test("are not begun when they say that they are too large, alone or together", async () => {
    server.behave(raw(200, "x".repeat(1_001), { "content-length": "1001" }));
    const total = { left: 1_000 };
    expect(await fetchFrom("/stage/$default/f", { total })).toBe("too-large");
    expect(await fetchFrom("/stage/$default/f", { total, maxBytes: 2_000 })).toBe("total-too-large");
    expect(total.left).toBe(1_000);
  });

  test("are what their length says, whatever comes after it", async () => {
    server.behave(verbatim(`${ok}content-length: 4\r\n\r\nfile and more`));
    expect(await fetchFrom("/stage/$default/f")).toMatchObject({ bytes: Buffer.from("file") });
  });

  test("are cut off at the limit, however much is still to come", async () => {
    const { behaviour, written } = flood();
    server.behave(behaviour);
    expect(await fetchFrom("/stage/$default/f", { maxBytes: 100_000, total: { left: 1e9 } })).toBe(
      "too-large",
    );
    expect(written.bytes).toBeLessThan(20_000_000);
  });

  test("end where all together are too large, said or unsaid", async () => {
    server.behave(raw(200, "12345678", { "content-length": "8" }));
    const total = { left: 20 };
    const sizes = [];
    for (let file = 0; file < 3; file++) {
      const answer = await fetchFrom("/stage/$default/f", { total });
      sizes.push(typeof answer === "string" ? answer : answer.bytes.length);
    }
    expect(sizes).toEqual([8, 8, "total-too-large"]);
    server.behave(raw(200, "12345678", { "transfer-encoding": "chunked" }));
    expect(await fetchFrom("/stage/$default/f", { total })).toBe("total-too-large");
  });

  test("of an empty file nothing is missing", async () => {
    server.behave(raw(200, "", { "content-length": "0" }));
    expect(await fetchFrom("/stage/$default/f")).toEqual({ bytes: Buffer.alloc(0), content_type: null });
  });

  test.each(["x".repeat(201), "image/png\u00e9"])(
    "a content type that is not fit to be written down is left out",
    async (type) => {
      server.behave(raw(200, "file", { "content-type": type }));
      expect(await fetchFrom("/stage/$default/f")).toMatchObject({ content_type: null });
    },
  );
});
