/** Whether customers may be sent there (contract A-25): https on a configured host, or a loopback host listed by name. */
export function isCaptureHost(link: string, captureHosts: readonly string[]): boolean {
  const url = URL.parse(link);
  if (!url || url.username || url.password) return false;
  const host = captureHosts.find((suffix) => url.hostname === suffix || url.hostname.endsWith(`.${suffix}`));
  const loopback = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  return host !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && loopback));
}
