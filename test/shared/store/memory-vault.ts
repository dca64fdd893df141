import { vaultPrefix } from "../../../shared/store/keys.ts";
import type { Vault } from "../../../shared/store/vault.ts";

/** The vault in memory, held to the real one by test/shared/store/store-conformance.ts. */
export class MemoryVault implements Vault {
  readonly objects = new Map<string, string>();

  put: Vault["put"] = async (key, name, value) => {
    this.objects.set(`${vaultPrefix(key)}${name}.json`, JSON.stringify(value));
  };

  get: Vault["get"] = async (key, name) => {
    const text = this.objects.get(`${vaultPrefix(key)}${name}.json`);
    return text === undefined ? null : JSON.parse(text);
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
