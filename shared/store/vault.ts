import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type OnboardingKey, vaultPrefix } from "./keys.ts";

/** The only place where personal data rests: one prefix per onboarding, JSON objects and files below it. */
export type Vault = ReturnType<typeof s3Vault>;

/** What is kept of an onboarding. `request-…` carries the request's hash, so that a refused one cannot replace it. */
export type VaultName = `request-${string}` | `reason-${string}` | "result" | "files";

/** A file that the result points to; what it is, the object `files` says. */
export type VaultFile = `files/${number}`;

export function s3Vault(s3: S3Client, Bucket: string) {
  const keyOf = (key: OnboardingKey, name: VaultName) => `${vaultPrefix(key)}${name}.json`;
  const fileKeyOf = (key: OnboardingKey, name: VaultFile) => vaultPrefix(key) + name;
  return {
    async put(key: OnboardingKey, name: VaultName, value: unknown): Promise<void> {
      const Body = JSON.stringify(value);
      await s3.send(
        new PutObjectCommand({ Bucket, Key: keyOf(key, name), Body, ContentType: "application/json" }),
      );
    },

    /** `null` when there is no such object. */
    async get(key: OnboardingKey, name: VaultName): Promise<unknown> {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: keyOf(key, name) }));
        return JSON.parse((await Body?.transformToString()) ?? "null");
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        if (error instanceof SyntaxError) throw new Error("an object of the vault is not JSON");
        throw error;
      }
    },

    /** Whatever it is said to be, it is kept as bytes to be downloaded: no console and no link shows it as a page. */
    async putFile(key: OnboardingKey, name: VaultFile, bytes: Uint8Array): Promise<void> {
      await s3.send(
        new PutObjectCommand({
          Bucket,
          Key: fileKeyOf(key, name),
          Body: bytes,
          ContentType: "application/octet-stream",
          ContentDisposition: "attachment",
        }),
      );
    },

    /** `null` when there is no such file. */
    async getFile(key: OnboardingKey, name: VaultFile): Promise<Uint8Array | null> {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: fileKeyOf(key, name) }));
        return (await Body?.transformToByteArray()) ?? null;
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        throw error;
      }
    },

    async remove(key: OnboardingKey, name: VaultName): Promise<void> {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(key, name) }));
    },

    /** Erases everything of an onboarding. Answers how many objects there were. */
    async erase(key: OnboardingKey): Promise<number> {
      let erased = 0;
      for (;;) {
        const { Contents = [], IsTruncated } = await s3.send(
          new ListObjectsV2Command({ Bucket, Prefix: vaultPrefix(key) }),
        );
        if (Contents.length === 0) return erased;
        const { Errors = [] } = await s3.send(
          new DeleteObjectsCommand({
            Bucket,
            Delete: { Objects: Contents.map(({ Key }) => ({ Key: Key ?? "" })), Quiet: true },
          }),
        );
        if (Errors.length > 0) throw new Error("the vault did not delete every object");
        erased += Contents.length;
        if (!IsTruncated) return erased;
      }
    },
  };
}
