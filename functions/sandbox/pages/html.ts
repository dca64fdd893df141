/** Markup that needs no more escaping. Only `html` makes it out of what is not ours. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a template may hold; `null`, `undefined` and `false` leave no trace. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** A piece of a page. Everything put into it is escaped, in text and in quoted attributes, unless `html` made it. */
export const html = (strings: TemplateStringsArray, ...contents: Content[]): Html =>
  new Html(strings.reduce((before, after, index) => before + written(contents[index - 1]) + after));

function written(content: Content): string {
  if (content instanceof Html) return content.markup;
  if (Array.isArray(content)) return content.map(written).join("");
  return content === null || content === undefined || content === false ? "" : escaped(String(content));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
