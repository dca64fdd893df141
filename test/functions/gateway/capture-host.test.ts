import { expect, test } from "vitest";
import { isCaptureHost } from "../../../functions/gateway/capture-host.ts";

const hosts = ["idfy.com", "127.0.0.1"];

test.each([
  "https://capture.kyc.idfy.com/captures?t=x",
  "https://idfy.com/",
  "https://IDFY.com/x",
  "http://127.0.0.1:4566/captures?t=x",
])("sends customers to %s", (link) => {
  expect(isCaptureHost(link, hosts)).toBe(true);
});

test.each([
  "http://capture.kyc.idfy.com/captures?t=x",
  "https://evilidfy.com/",
  "https://idfy.com.evil.example/",
  "https://idfy.com@evil.example/",
  "https://user:word@capture.idfy.com/",
  "https://evil.example/?idfy.com",
  "https://evil.example#.idfy.com",
  "http://localhost/captures",
  "javascript:alert(1)//idfy.com",
  "ftp://idfy.com/",
  "//idfy.com/",
  "idfy.com",
  "",
])("sends nobody to %j", (link) => {
  expect(isCaptureHost(link, hosts)).toBe(false);
});
