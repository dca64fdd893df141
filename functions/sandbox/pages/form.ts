import type { HttpRequest } from "../http.ts";

/** What a posted form holds. Absent fields are empty. */
export interface Form {
  text(name: string): string;
  all(name: string): string[];
  file(name: string): Promise<Buffer>;
}

/** The form that a browser posted, in either of its codings; `null` for what is none. */
export async function readForm({ bytes, body, contentType = "" }: HttpRequest): Promise<Form | null> {
  if (contentType.startsWith("application/x-www-form-urlencoded")) return formOf(new URLSearchParams(body));
  if (!contentType.startsWith("multipart/form-data")) return null;
  try {
    const headers = { "content-type": contentType };
    return formOf(await new Response(new Uint8Array(bytes), { headers }).formData());
  } catch {
    return null;
  }
}

const formOf = (fields: URLSearchParams | FormData): Form => {
  const entries = (name: string) => fields.getAll(name) as (string | File)[];
  const all = (name: string) => entries(name).filter((entry) => typeof entry === "string");
  return {
    text: (name) => all(name)[0]?.trim() ?? "",
    all,
    async file(name) {
      const found = entries(name).find((entry) => typeof entry !== "string");
      return found ? Buffer.from(await found.arrayBuffer()) : Buffer.alloc(0);
    },
  };
};
