import { vaultPrefix } from "../../../shared/store/keys.ts";
import type { Vault } from "../../../shared/store/vault.ts";

/** The vault in memory, held to the real one by test/shared/store/store-conformance.ts. */
export class MemoryVault implements Vault {
  /** JSON as it is, files in Base64. */
  readonly objects = new Map<string, string>();

  put: Vault["put"] = async (key, name, value) => {
    this.objects.set(`${vaultPrefix(key)}${name}.json`, JSON.stringify(value));
  };

  get: Vault["get"] = async (key, name) => {
    const text = this.objects.get(`${vaultPrefix(key)}${name}.json`);
    return text === undefined ? null : JSON.parse(text);
  };

  putFile: Vault["putFile"] = async (key, name, bytes) => {
    this.objects.set(vaultPrefix(key) + name, Buffer.from(bytes).toString("base64"));
  };

  getFile: Vault["getFile"] = async (key, name) => {
    const text = this.objects.get(vaultPrefix(key) + name);
    return text === undefined ? null : Uint8Array.from(Buffer.from(text, "base64"));
  };

  remove: Vault["remove"] = async (key, name) => {
    this.objects.delete(`${vaultPrefix(key)}${name}.json`);
  };

  erase: Vault["erase"] = async (key) => {
    const found = [...this.objects.keys()].filter((each) => each.startsWith(vaultPrefix(key)));
    for (const each of found) this.objects.delete(each);
    return found.length;
  };
}
