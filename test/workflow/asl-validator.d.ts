declare module "asl-validator" {
  /** The package has no types of its own. */
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it
  export default function validate(definition: unknown): {
    isValid: boolean;
    errorsText(separator: string): string;
  };
}
