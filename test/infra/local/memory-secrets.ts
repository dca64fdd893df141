import {
  type GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

/** Secrets Manager in memory, as far as commands use it. */
export class MemorySecrets {
  readonly values = new Map<string, string>();
  writes = 0;

  get client(): SecretsManagerClient {
    return { send: (command: unknown) => this.#send(command) } as unknown as SecretsManagerClient;
  }

  read<T>(name: string): T {
    return JSON.parse(this.values.get(name) ?? "") as T;
  }

  async #send(command: unknown): Promise<{ SecretString?: string | undefined }> {
    if (command instanceof PutSecretValueCommand) {
      this.writes++;
      this.values.set(command.input.SecretId ?? "", command.input.SecretString ?? "");
      return {};
    }
    const name = (command as GetSecretValueCommand).input.SecretId ?? "";
    if (!this.values.has(name)) throw new ResourceNotFoundException({ message: "no value", $metadata: {} });
    return { SecretString: this.values.get(name) };
  }
}
