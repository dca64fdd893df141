import { expect, test } from "vitest";
import { html } from "../../../../functions/sandbox/pages/html.ts";

test("what is put into a template is escaped, in text and in attributes", () => {
  const hostile = `<b>&"'`;
  expect(html`<p title="${hostile}">${hostile}</p>`.markup).toBe(
    '<p title="&lt;b&gt;&amp;&quot;&#39;">&lt;b&gt;&amp;&quot;&#39;</p>',
  );
});

test("templates within templates and lists of them are not escaped twice", () => {
  const rows = ["<1>", "2"].map((text) => html`<li>${text}</li>`);
  expect(html`<ul>${rows}</ul>${html`<hr>`}`.markup).toBe("<ul><li>&lt;1&gt;</li><li>2</li></ul><hr>");
});

test("numbers are written, and what is nothing leaves no trace", () => {
  expect(html`${0}|${null}|${undefined}|${false}|${""}|`.markup).toBe("0|||||");
});

test("an object that only looks like markup is not taken for it", () => {
  expect(html`${{ markup: "<b>" } as never}`.markup).toBe("[object Object]");
});
