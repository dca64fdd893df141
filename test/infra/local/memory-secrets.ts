import {
  GetSecretValueCommand,
  InvalidParameterException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";

interface Answer {
  SecretString?: string | undefined;
  VersionId?: string;
}

/** Secrets Manager in memory, as far as commands use it. */
export class MemorySecrets {
  /** What is current. */
  readonly values = new Map<string, string>();
  /** Changes of what is current. */
  writes = 0;
  /** The next request of this kind is not answered before this was done. */
  before: { kind: "read" | "move"; act: () => Promise<void> | void } | undefined;
  /** The answer to the next move gets lost; the SDK asks again. */
  losesAnswer = false;
  readonly #current = new Map<string, string>();
  readonly #proposals = new Map<string, string>();
  #versions = 0;

  get client(): SecretsManagerClient {
    return { send: (command: unknown) => this.#send(command) } as unknown as SecretsManagerClient;
  }

  read<T>(name: string): T {
    return JSON.parse(this.values.get(name) ?? "") as T;
  }

  async #send(command: unknown): Promise<Answer> {
    if (command instanceof GetSecretValueCommand) return this.#get(command.input.SecretId ?? "");
    if (command instanceof PutSecretValueCommand) {
      const { SecretId = "", SecretString = "", VersionStages = ["AWSCURRENT"] } = command.input;
      const VersionId = `version-${++this.#versions}`;
      this.#proposals.set(VersionId, SecretString);
      if (VersionStages.includes("AWSCURRENT") || !this.values.has(SecretId))
        this.#makeCurrent(SecretId, VersionId);
      return { VersionId };
    }
    if (!(command instanceof UpdateSecretVersionStageCommand)) throw new Error("an unknown command");
    await this.#meanwhile("move");
    this.#move(command);
    if (!this.losesAnswer) return {};
    this.losesAnswer = false;
    return this.#send(command);
  }

  async #get(name: string): Promise<Answer> {
    if (!this.values.has(name)) throw new ResourceNotFoundException({ message: "no value", $metadata: {} });
    const answer = { SecretString: this.values.get(name), VersionId: this.#versionOf(name) };
    await this.#meanwhile("read");
    return answer;
  }

  #move({
    input: { SecretId = "", MoveToVersionId = "", RemoveFromVersionId },
  }: UpdateSecretVersionStageCommand) {
    if (this.#versionOf(SecretId) !== RemoveFromVersionId)
      throw new InvalidParameterException({ message: "attached to another version", $metadata: {} });
    this.#makeCurrent(SecretId, MoveToVersionId);
  }

  #makeCurrent(name: string, version: string): void {
    this.writes++;
    this.values.set(name, this.#proposals.get(version) ?? "");
    this.#current.set(name, version);
  }

  #versionOf(name: string): string {
    return this.#current.get(name) ?? "version-0";
  }

  async #meanwhile(kind: "read" | "move"): Promise<void> {
    if (this.before?.kind !== kind) return;
    const { act } = this.before;
    this.before = undefined;
    await act();
  }
}
