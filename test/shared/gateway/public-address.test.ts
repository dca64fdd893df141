import { expect, test } from "vitest";
import { isPublicAddress } from "../../../shared/gateway/public-address.ts";
import { hostileAddresses, noAddresses } from "./hostile-addresses.ts";

test.each(["1.1.1.1", "8.8.8.8", "52.95.110.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::5"])(
  "%s is of the public Internet",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([...hostileAddresses, ...noAddresses])("%j is not", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
