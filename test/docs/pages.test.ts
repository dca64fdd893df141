import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = globSync(["*.md", "docs/**/*.md"], { cwd: root }).sort();
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");
/** What a page says outside its blocks of code. */
const proseOf = (page: string): string => textOf(page).replaceAll(/^```.*?^```/gms, "");

/** GitHub's anchor of each heading: a repeated one gets a number. */
function anchorsOf(page: string): string[] {
  const times = new Map<string, number>();
  return [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    const before = times.get(slug) ?? 0;
    times.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

test("anchors are made as GitHub makes them", () => {
  expect(anchorsOf("docs/deploy.md")).toContain("4-set-up");
});

describe.each(pages)("%s", (page) => {
  test("every relative link leads somewhere, to a heading that is there", () => {
    const broken = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? page : relative(root, resolve(root, dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchorsOf(file).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test("every file and folder that it names is there", () => {
    const named = [...proseOf(page).matchAll(/`((?:functions|infra|shared|test|docs)\/[\w./-]*)`/g)];
    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("every script that it has people run is in package.json", () => {
    const run = [...textOf(page).matchAll(/npm run ([a-z:-]*[a-z])/g)].map(([, script = ""]) => script);
    expect(run.filter((script) => !scripts.includes(script))).toEqual([]);
  });
});

const { scripts: declared } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
const scripts = Object.keys(declared);

test("the README's table of commands has every script", () => {
  const table = textOf("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `npm "))
    .join("\n");
  const listed = [...table.matchAll(/npm (?:run )?([a-z:-]*[a-z])/g)].map(([, script = ""]) => script);
  expect(scripts.filter((script) => !listed.includes(script))).toEqual([]);
});
