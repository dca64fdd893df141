/** What the SDK knows of a setting: where it may stand, and what holds where it does not. */
interface Setting<Value> {
  environmentVariableSelector: (env: NodeJS.ProcessEnv, options: object) => Value | undefined;
  default: Value | (() => Value | Promise<Value>);
}

/**
 * Takes the place of the SDK's `loadConfig` in every bundle. A function has its settings from its environment, and no
 * `~/.aws` with files of them; the SDK would go and look there for a dozen settings of each client.
 */
export function loadConfig<Value>(setting: Setting<Value>, options: object = {}): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  const load = async () => {
    const found = setting.environmentVariableSelector(process.env, options);
    if (found !== undefined) return found;
    return setting.default instanceof Function ? setting.default() : setting.default;
  };
  return () => {
    loaded ??= load();
    return loaded;
  };
}
