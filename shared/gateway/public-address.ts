import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** All of IPv6 that is routed in public; what merely embeds an IPv4 address lies outside or has a range of its own. */
const routed = ipaddr.IPv6.parseCIDR("2000::/3");

/** Public by its range, yet answered by the fabric of a cloud. */
const fabric: readonly string[] = ["168.63.129.16"];

/**
 * Whether an IP address is one of the public Internet. Private, loopback, link-local, shared (CGNAT), multicast,
 * unspecified, reserved, embedding and metadata addresses are not, and neither is what is no address at all.
 */
export function isPublicAddress(address: string): boolean {
  // The library also reads octal and shortened forms; nothing that resolves a name answers those.
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" ? !fabric.includes(parsed.toString()) : parsed.match(routed);
}
